"""Neither too short nor too long."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from aiops.core.texts.normalise import words
from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, verdict


class Length(Scorer):
    """The output's length lies in a band, both ends included. Scripts without spaces count words by
    characters.
    """

    type: ClassVar[str] = "length"
    title: ClassVar[str] = "Length"
    example: ClassVar[dict[str, Any]] = {"unit": "words", "most": 120}

    unit: Literal["characters", "words", "sentences", "lines"] = "words"
    least: int | None = Field(default=None, ge=0)
    most: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def is_a_band(self) -> Self:
        if self.least is None and self.most is None:
            raise ValueError("give `least`, `most` or both")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError("`least` is more than `most`")
        return self

    def score(self, output: str, golden: Golden) -> Judgement:  # noqa: ARG002 - the case plays no part
        length = _measure(output, self.unit)
        if self.least is not None and length < self.least:
            return verdict(False, f"{length} {self.unit}, fewer than {self.least}.")
        if self.most is not None and length > self.most:
            return verdict(False, f"{length} {self.unit}, more than {self.most}.")
        return verdict(True)


def _measure(output: str, unit: str) -> int:
    text = output.strip()
    if unit == "characters":
        return len(text)
    if unit == "lines":
        return len(text.splitlines())
    if unit == "sentences":
        return count_sentences(text)
    return len(words(text))


def count_sentences(text: str) -> int:
    """Sentences in `text`, which has no space around it; the last one needs no full stop."""
    ends = sum(
        char in "。！？" or (char in ".!?" and (index + 1 == len(text) or text[index + 1].isspace()))
        for index, char in enumerate(text)
    )
    return ends + bool(text and text[-1] not in ".!?。！？")
