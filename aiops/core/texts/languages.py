"""The language of a text."""

from functools import lru_cache

from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder

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


@lru_cache(maxsize=1)
def _detector() -> LanguageDetector:
    codes = [getattr(IsoCode639_1, code.upper()) for code in sorted(LANGUAGES)]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_low_accuracy_mode().build()
