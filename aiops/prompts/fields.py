"""JSON whose keys keep their order."""

import json
from typing import Any

from django.db import models


class OrderedJSONField(models.JSONField):
    """A JSON value as text. Postgres sorts the keys of `jsonb`, and a model that is given an output schema
    writes its answer in the order of the schema: there the order is content.
    """

    def db_type(self, connection: Any) -> str:  # noqa: ARG002 - Django's signature; text everywhere
        return "text"

    def from_db_value(self, value: str | None, *_unused: Any) -> Any:
        return None if value is None else json.loads(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> str | None:  # noqa: ARG002, FBT001, FBT002 - Django's signature
        return None if value is None else json.dumps(value, ensure_ascii=False, allow_nan=False)
