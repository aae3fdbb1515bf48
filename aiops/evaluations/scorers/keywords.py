"""Words that should be in the output, as words."""

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from aiops.core.texts.normalise import words
from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, shorten, verdict


class Keywords(Scorer):
    """All of the words (or any of them) are in the output as whole words: "art" is not in "party".

    Case, width and punctuation do not matter; scripts without spaces are compared by characters.
    """

    type: ClassVar[str] = "keywords"
    title: ClassVar[str] = "Keywords"
    example: ClassVar[dict[str, Any]] = {"words": ["refund"], "match": "all"}

    words: list[str] = Field(min_length=1, description="Words or phrases, one per line")
    match: Literal["all", "any"] = "all"

    @field_validator("words", mode="before")
    @classmethod
    def one_or_many(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    @field_validator("words")
    @classmethod
    def each_has_a_word(cls, given: list[str]) -> list[str]:
        for phrase in given:
            if not words(phrase):
                raise ValueError(f"{phrase!r} has no word")
        return given

    def score(self, output: str, golden: Golden) -> Judgement:  # noqa: ARG002 - the case plays no part
        text = words(output)
        missing = [phrase for phrase in self.words if not _within(words(phrase), text)]
        shown = ", ".join(shorten(phrase, 60) for phrase in missing)
        if self.match == "any":
            return verdict(len(missing) < len(self.words), f"None of these is in the output: {shown}.")
        share = 1 - len(missing) / len(self.words)
        return Judgement(share, not missing, f"Not in the output: {shown}." if missing else "")


def _within(phrase: list[str], text: list[str]) -> bool:
    """Whether `phrase` stands in `text`, one word after the other."""
    size = len(phrase)
    return any(text[at : at + size] == phrase for at in range(len(text) - size + 1))
