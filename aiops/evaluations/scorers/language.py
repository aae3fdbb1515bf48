"""The output is in the language of the case."""

import json
from functools import lru_cache
from typing import Any, ClassVar

from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder
from pydantic import Field, field_validator

from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, not_judged, verdict
from aiops.evaluations.scorers.exact import unfenced

# 28 languages with lingua's compact models: 40 MB and 0.3 s to load, under a millisecond for a sentence
# (its full models: 500 MB and 7 s). What they lose on short texts we do not judge anyway.
LANGUAGES = frozenset(
    [
        "ar",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "es",
        "fi",
        "fr",
        "he",
        "hi",
        "hu",
        "id",
        "it",
        "ja",
        "ko",
        "nb",
        "nl",
        "pl",
        "pt",
        "ro",
        "ru",
        "sv",
        "th",
        "tr",
        "uk",
        "vi",
        "zh",
    ]
)
_SAME = {"no": "nb", "nn": "nb", "iw": "he", "in": "id"}
LETTERS = 16  # fewer letters of an alphabet say too little
SURE = 0.75  # below this confidence another language is a guess


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


def primary(locale: str) -> str:
    """The language of a locale as ISO 639-1: "pt-BR" is "pt"."""
    code = locale.replace("_", "-").split("-")[0].lower()
    return _SAME.get(code, code)


def detect(text: str) -> tuple[str | None, float]:
    """The likeliest language of `text` as ISO 639-1 and the confidence in 0..1; (None, 0) where it is too
    short.
    """
    letters = [char for char in text if char.isalpha()]
    if len(letters) < LETTERS and all(char < "\u0590" for char in letters):
        return None, 0.0
    best = _detector().compute_language_confidence_values(text)
    if not best or best[0].value == 0:
        return None, 0.0
    return best[0].language.iso_code_639_1.name.lower(), best[0].value


def prose(output: str) -> str:
    """The texts of a JSON answer, or the output itself."""
    try:
        parsed = json.loads(unfenced(output))
    except ValueError:
        return output
    return "\n".join(_texts(parsed)) or output


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for part in value for text in _texts(part)] if isinstance(value, list) else []


@lru_cache(maxsize=1)
def _detector() -> LanguageDetector:
    codes = [getattr(IsoCode639_1, code.upper()) for code in sorted(LANGUAGES)]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_low_accuracy_mode().build()
