"""Which of the five languages of the skills a text is in."""

from functools import cache

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

CODES = {
    Language.ENGLISH: "en",
    Language.FRENCH: "fr",
    Language.GERMAN: "de",
    Language.SPANISH: "es",
    Language.JAPANESE: "ja",
}


@cache
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(*CODES).with_low_accuracy_mode().build()


def language_of(text: str) -> str:
    """The code of the language of `text`; "en" where it has no words."""
    found = _detector().detect_language_of(text)
    return CODES[found] if found else "en"
