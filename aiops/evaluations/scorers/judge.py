"""A scorer that asks a model with a rubric: its parameters. Who asks is the run's worker (`judging.py`)."""

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, not_judged

MAX_REPEATS = 5
TYPE = "judge"

Scale = Literal["pass_fail", "one_to_five"]


class Judge(Scorer):
    """A model grades the output by a rubric, which is a prompt of its own. Costs money for each result.

    `version` is a number (none: production, else the latest); `model` a name (none: the version's own).
    """

    type: ClassVar[str] = TYPE
    title: ClassVar[str] = "Judge"
    example: ClassVar[dict[str, Any]] = {"prompt": "summary-judge", "scale": "pass_fail"}

    prompt: str = Field(min_length=1, max_length=100, json_schema_extra={"offers": "rubrics"})
    version: int | None = Field(
        default=None, ge=1, description="A number; empty: the one in production, else the latest."
    )
    model: str = Field(default="", max_length=100, json_schema_extra={"offers": "models"})
    scale: Scale = "pass_fail"
    pass_at: int = Field(default=4, ge=1, le=5, description="For one to five: the least mean that passes.")
    reference: bool = Field(
        default=False, description="Shows the judge what the case expects; cases without are not judged."
    )
    repeats: int = Field(
        default=1, ge=1, le=MAX_REPEATS, description="How often it is asked about each answer, up to 5."
    )

    @model_validator(mode="after")
    def asks_for_one_scale(self) -> "Judge":
        if self.scale == "pass_fail" and self.pass_at != type(self).model_fields["pass_at"].default:
            raise ValueError("pass_at belongs to the scale one_to_five")
        return self

    def score(self, output: str, golden: Golden) -> Judgement:  # noqa: ARG002 - nothing is judged here
        return not_judged("A judge can't be a check of a single case: it belongs to the run's scorers.")
