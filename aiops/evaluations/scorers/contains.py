"""Words that must, or must not, be in the output."""

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from aiops.core.texts.normalise import normalised
from aiops.evaluations.scorers.base import (
    Golden,
    Judgement,
    Scorer,
    accepted_answers,
    not_judged,
    shorten,
    verdict,
)


class _Phrases(Scorer):
    """Parameters of both: `value` is one text or several; without it the case's expected answers are
    taken.
    """

    value: list[str] = Field(default_factory=list)
    ignore_case: bool = True

    @field_validator("value", mode="before")
    @classmethod
    def one_or_many(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    @field_validator("value")
    @classmethod
    def none_empty(cls, given: list[str]) -> list[str]:
        if any(not phrase.strip() for phrase in given):
            raise ValueError("an empty text is contained in everything")
        return given

    def _found(self, output: str, phrases: list[str]) -> list[str]:
        text = normalised(output, case=self.ignore_case)
        return [phrase for phrase in phrases if normalised(phrase, case=self.ignore_case) in text]

    def _phrases(self, golden: Golden) -> list[str]:
        return self.value or [
            answer for answer in accepted_answers(golden) if isinstance(answer, str) and answer
        ]


class Contains(_Phrases):
    """All of the texts (or any of them) are in the output."""

    type: ClassVar[str] = "contains"
    title: ClassVar[str] = "Contains"
    example: ClassVar[dict[str, Any]] = {"value": ["refund"], "match": "all"}

    match: Literal["all", "any"] = "all"

    def score(self, output: str, golden: Golden) -> Judgement:
        phrases = self._phrases(golden)
        if not phrases:
            return not_judged("Neither the scorer nor the case says what to look for.")
        found = self._found(output, phrases)
        missing = ", ".join(shorten(phrase, 60) for phrase in phrases if phrase not in found)
        # The accepted answers of a case are alternatives, whatever `match` says of the scorer's own texts.
        if self.match == "any" or not self.value:
            return verdict(bool(found), f"None of these is in the output: {missing}.")
        share = len(found) / len(phrases)
        return Judgement(share, not missing, f"Not in the output: {missing}." if missing else "")


class NotContains(_Phrases):
    """None of the texts is in the output."""

    type: ClassVar[str] = "not_contains"
    title: ClassVar[str] = "Does not contain"
    example: ClassVar[dict[str, Any]] = {"value": ["As an AI"]}

    value: list[str] = Field(min_length=1)

    def score(self, output: str, golden: Golden) -> Judgement:  # noqa: ARG002 - the case plays no part
        found = ", ".join(shorten(phrase, 60) for phrase in self._found(output, self.value))
        return verdict(not found, f"In the output: {found}.")
