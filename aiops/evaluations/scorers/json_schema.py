"""The output is JSON that conforms to a schema."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import jsonschema
from jsonschema.protocols import Validator
from pydantic import Field, field_validator

from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, not_judged, shorten, verdict
from aiops.evaluations.scorers.exact import unfenced

SHOWN = 5


class JsonSchema(Scorer):
    """Valid against the scorer's own schema, or else against the prompt version's output schema."""

    type: ClassVar[str] = "json_schema"
    title: ClassVar[str] = "JSON schema"
    example: ClassVar[dict[str, Any]] = {}

    schema_: dict[str, Any] | None = Field(default=None, alias="schema", serialization_alias="schema")
    allow_fence: bool = False

    @field_validator("schema_")
    @classmethod
    def is_schema(cls, given: dict[str, Any] | None) -> dict[str, Any] | None:
        if given is not None:
            try:
                jsonschema.validators.validator_for(given).check_schema(given)
            except jsonschema.SchemaError as error:
                raise ValueError(f"not a JSON schema: {error.message}") from None
        return given

    def score(self, output: str, golden: Golden) -> Judgement:
        schema = self.schema_ if self.schema_ is not None else golden.output_schema
        if schema is None:
            return not_judged("Neither the scorer nor the prompt version has a schema.")
        try:
            answer = json.loads(unfenced(output) if self.allow_fence else output)
        except ValueError as error:
            return verdict(False, f"Not JSON: {error}")
        problems = violations(answer, schema)
        return verdict(not problems, "; ".join(problems))


def violations(answer: Any, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with `answer` and where ("$.items[2].price: 'x' is not of type 'number'"), the first
    few.
    """
    errors = sorted(_validator(json.dumps(schema)).iter_errors(answer), key=lambda error: error.json_path)
    return [f"{error.json_path}: {shorten(error.message)}" for error in errors[:SHOWN]]


@lru_cache(maxsize=64)
def _validator(schema: str) -> Validator:
    parsed = json.loads(schema)
    return jsonschema.validators.validator_for(parsed)(parsed)
