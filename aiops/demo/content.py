"""What the demo consists of, read from `content/`: the manifest, and the files that it names."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

FOLDER = Path(__file__).parent / "content"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Account(_Part):
    email: str
    name: str
    roles: tuple[str, ...]
    languages: tuple[str, ...]


class Rates(_Part):
    """USD per million tokens from a day on."""

    effective: date
    input: Decimal
    cached_input: Decimal
    output: Decimal


class Model(_Part):
    tier: Literal["small", "large"]
    context_tokens: int
    prices: tuple[Rates, ...]


class SetVersion(_Part):
    """A file of cases to import, then to freeze with a note."""

    file: str
    note: str

    @property
    def path(self) -> Path:
        return FOLDER / "datasets" / f"{self.file}.jsonl"


class GoldenSet(_Part):
    description: str
    scorers: tuple[dict[str, Any], ...]
    versions: tuple[SetVersion, ...]


class Feature(_Part):
    """A feature with the prompt and the dataset of the same name. `notes` by version number, from 1.

    `production` is the version that is live in the end, `begins` the one that was before its reviews.
    """

    name: str
    description: str
    production: int
    begins: int | None = None
    notes: dict[int, str]
    dataset: GoldenSet


class Comment(_Part):
    """Said about a review, or about the line that holds `line`; `settled` where it is dealt with."""

    by: str
    text: str
    line: str = ""
    settled: bool = False


class Answer(_Part):
    by: str
    answer: Literal["approved", "changes"]
    text: str


class Review(_Part):
    """A request for review by whoever started the run; `shipped` says why it was, and is empty where not."""

    title: str
    description: str
    comments: tuple[Comment, ...]
    answers: tuple[Answer, ...]
    shipped: str = ""


class Run(_Part):
    """An evaluation, `ago` days before loading, on version `dataset` of the feature's golden set.

    `review` is opened for its version once it is judged.
    """

    feature: str
    version: int
    model: str
    dataset: int = Field(default=1, alias="set")
    ago: int
    by: str
    note: str = ""
    review: Review | None = None


class Manifest(_Part):
    tenants: dict[str, str]
    accounts: tuple[Account, ...]
    models: dict[str, Model]
    features: dict[str, Feature]
    runs: tuple[Run, ...]


@cache
def manifest() -> Manifest:
    """`content/workspace.yaml`, checked."""
    return Manifest.model_validate(yaml.safe_load((FOLDER / "workspace.yaml").read_text(encoding="utf-8")))


def prompt_source(feature: str, version: int) -> bytes:
    """The `.prompt` file of a version."""
    return (FOLDER / "prompts" / feature / f"v{version}.prompt").read_bytes()
