"""The output is in the language of the case."""

from typing import Any, ClassVar

from pydantic import Field, field_validator

from aiops.core.texts.answers import prose
from aiops.core.texts.languages import LANGUAGES, LETTERS, SURE, detect, primary
from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, not_judged, verdict


class Language(Scorer):
    """The detected language equals the case's locale, or the one given here. Short texts are not judged.

    Of a JSON answer only the texts count, not its keys.
    """

    type: ClassVar[str] = "language"
    title: ClassVar[str] = "Language"
    example: ClassVar[dict[str, Any]] = {}

    language: str | None = Field(default=None, description="ISO 639-1, such as ja; unset: the case's locale")

    @field_validator("language")
    @classmethod
    def is_known(cls, given: str | None) -> str | None:
        if given is not None and primary(given) not in LANGUAGES:
            raise ValueError(f"{given!r} is not one of {', '.join(sorted(LANGUAGES))}")
        return given

    def score(self, output: str, golden: Golden) -> Judgement:
        wanted = primary(self.language or golden.locale)
        if wanted not in LANGUAGES:
            return not_judged(
                f"No detector for the locale {wanted}." if wanted else "The case has no locale."
            )
        text = prose(output)
        found, confidence = detect(text)
        if found is None:
            return not_judged("Too short to tell the language.")
        if found == wanted:
            return verdict(True)
        if confidence < SURE or (wanted == "ja" and found == "zh" and len(text) < LETTERS):
            return not_judged(f"The language is not clear; perhaps {found}.")
        return verdict(False, f"The output is in {found}, expected {wanted}.")
