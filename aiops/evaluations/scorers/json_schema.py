"""The output is JSON that conforms to a schema."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import jsonschema
from jsonschema.protocols import Validator
from pydantic import Field, field_validator
from referencing.jsonschema import EMPTY_REGISTRY

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
            answer = strict_json(unfenced(output) if self.allow_fence else output)
        except ValueError as error:
            return verdict(False, f"Not JSON: {error}")
        problems = violations(answer, schema)
        return verdict(not problems, "; ".join(problems))


def strict_json(text: str) -> Any:
    """`text` parsed as JSON proper: Python's own NaN and Infinity are refused. Raises ValueError."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def violations(answer: Any, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with `answer` and where ("$.items[2].price: 'x' is not of type 'number'"), in the order
    of the answer: the first five, and how many more there are.
    """
    errors = sorted(_validator(json.dumps(schema)).iter_errors(answer), key=_place)
    return first_few([f"{error.json_path}: {shorten(error.message)}" for error in errors])


def first_few(problems: list[str]) -> list[str]:
    """The first five, and how many more there are."""
    more = len(problems) - SHOWN
    return [*problems[:SHOWN], f"and {more} more"] if more > 0 else problems


def _place(error: jsonschema.ValidationError) -> list[tuple[bool, int, str]]:
    """Orders $.items[2] before $.items[10]."""
    return [
        (isinstance(step, str), 0 if isinstance(step, str) else step, str(step))
        for step in error.absolute_path
    ]


@lru_cache(maxsize=64)
def _validator(schema: str) -> Validator:
    parsed = json.loads(schema)
    # Without a registry of its own the library would fetch what a "$ref" names from the network.
    return jsonschema.validators.validator_for(parsed)(parsed, registry=EMPTY_REGISTRY)
