"""The output is JSON of a strict type."""

import json
from functools import lru_cache
from typing import Any, ClassVar, Self

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from aiops.core.texts.shapes import RECORD, record_of, type_of
from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, shorten, verdict
from aiops.evaluations.scorers.exact import unfenced
from aiops.evaluations.scorers.json_schema import first_few


class PydanticType(Scorer):
    """The output is JSON of a type, strictly: "3" is no int and 1 is no bool; dates are texts as in ISO
    8601.

    A record's fields are all it may have.
    """

    type: ClassVar[str] = "pydantic"
    title: ClassVar[str] = "Typed JSON"
    example: ClassVar[dict[str, Any]] = {"shape": "list[str]"}

    shape: str = Field(
        default=RECORD,
        max_length=400,
        description="list[str], dict[str, float], int | None, record, list[record]; "
        'of str, int, float, bool, date, datetime, time, uuid, any, Literal["a", "b"]',
    )
    record: dict[str, Any] | None = Field(
        default=None,
        description='What "record" stands for: {"name": "str", "due?": "date"}; a name with ? may be missing',
    )
    allow_fence: bool = False

    @model_validator(mode="after")
    def is_a_type(self) -> Self:
        _adapter(self.shape, json.dumps(self.record))
        return self

    def score(self, output: str, golden: Golden) -> Judgement:  # noqa: ARG002 - the case plays no part
        text = unfenced(output) if self.allow_fence else output
        try:
            _adapter(self.shape, json.dumps(self.record)).validate_json(text.encode(errors="replace"))
        except ValidationError as error:
            return verdict(False, "; ".join(_problems(error)))
        return verdict(True)


@lru_cache(maxsize=64)
def _adapter(shape: str, record: str) -> TypeAdapter[Any]:
    """Raises ValueError where the parameters name no type."""
    fields = json.loads(record)
    made = record_of(fields) if fields is not None else None
    kind = type_of(shape, made)
    config = None if kind is made else ConfigDict(strict=True, allow_inf_nan=False)  # a model has its own
    return TypeAdapter(kind, config=config)


def _problems(error: ValidationError) -> list[str]:
    return first_few(
        [
            f"{_path(one['loc'])}: {shorten(one['msg'])}"
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    )


def _path(steps: tuple[int | str, ...]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
