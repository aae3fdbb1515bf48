"""What all parts of a policy are made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}$")]


class Settings(BaseModel):
    """Base of all parts: nothing unknown is taken, nothing changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")
