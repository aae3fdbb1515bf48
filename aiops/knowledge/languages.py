"""Which language a text is in, and how Postgres reads it.

Japanese, Chinese, Korean and Thai are read by pairs of characters (`bigrams`): Postgres cannot read them.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from lingua import LanguageDetector

BY_PAIRS = frozenset({"ja", "ko", "th", "zh"})
CONFIGURATIONS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "nb": "norwegian", "nl": "dutch", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip  # pairs, read as a table
_SAME = {"no": "nb", "nn": "nb", "in": "id", "iw": "he", "cmn": "zh", "yue": "zh"}
_READ = 4000  # characters tell the language
_SCRIPTS = (  # by the share of all letters from which on they decide, in this order
    ("ja", regex.compile(r"[\p{Hiragana}\p{Katakana}]"), 0.05),
    ("ko", regex.compile(r"\p{Hangul}"), 0.2),
    ("th", regex.compile(r"\p{Thai}"), 0.2),
    ("zh", regex.compile(r"\p{Han}"), 0.2),
)
_LETTER = regex.compile(r"\p{L}")


def language_of(locale: str) -> str:
    """The language of a locale: "de" of "de-CH", "nb" of "no"; "" of nothing."""
    code = locale.replace("_", "-").partition("-")[0].strip().lower()
    return _SAME.get(code, code)[:8]


def by_script(text: str) -> str:
    """The language that its letters alone tell, else ""."""
    letters = len(_LETTER.findall(text)) or 1
    return next(
        (code for code, script, share in _SCRIPTS if len(script.findall(text)) >= share * letters), ""
    )


def detected(text: str) -> str:
    """Two letters, "" where nothing is sure. Loads lingua's compact models at its first text."""
    start = text[:_READ]
    if known := by_script(start):
        return known
    if not _LETTER.search(start):
        return ""
    found = _detector().detect_language_of(start)
    return found.iso_code_639_1.name.lower() if found else ""


@lru_cache(maxsize=1)
def _detector() -> "LanguageDetector":
    from lingua import IsoCode639_1, LanguageDetectorBuilder  # noqa: PLC0415 - 40 MB, for those who load documents

    codes = [getattr(IsoCode639_1, code.upper()) for code in ("cs", "he", "pl", "uk", "vi", *CONFIGURATIONS)]
    builder = LanguageDetectorBuilder.from_iso_codes_639_1(*codes)
    return builder.with_low_accuracy_mode().build()
