"""Which of the five languages of the skills a text is in.

lingua's compact models load in a quarter of a second, its full ones in seconds and with hundreds of
megabytes; on short English questions the compact ones guess, so a few everyday words get a say as well.
"""

from collections.abc import Mapping
from functools import cache

import regex
from lingua import Language, LanguageDetector, LanguageDetectorBuilder

CODES = {
    Language.ENGLISH: "en",
    Language.FRENCH: "fr",
    Language.GERMAN: "de",
    Language.SPANISH: "es",
    Language.JAPANESE: "ja",
}
_EVERYDAY = {
    "en": "the|is|was|what|when|who|my|of|and|how|to|you|it|has",
    "fr": "le|la|les|de|du|des|est|mon|ma|merci|et|une|que|je|pas",
    "de": "der|die|das|ist|und|mein|meine|nicht|ich|bitte|wie|wurde|zu",
    "es": "el|la|los|las|de|del|al|que|con|no|mi|es|por|favor|qué|cuándo|cómo|una|pedido|se|y",
}
_WORDS = {code: regex.compile(rf"\b(?:{words})\b", regex.IGNORECASE) for code, words in _EVERYDAY.items()}
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_CODES_AND_ADDRESSES = regex.compile(r"[A-Za-z0-9_.@-]*[\d@][A-Za-z0-9_.@-]*")
_SAY_PER_WORD = 0.3
_CLEAR = 4  # everyday words of one language, and twice those of any other, need no model


@cache
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(*CODES).with_low_accuracy_mode().build()


def language_of(text: str) -> str:
    """The code of the language of `text`; "en" where it has no words."""
    if _KANA.search(text):
        return "ja"
    plain = _CODES_AND_ADDRESSES.sub(" ", text)
    said = {code: len(words.findall(plain)) for code, words in _WORDS.items()}
    first, second = sorted(said.values(), reverse=True)[:2]
    if first >= _CLEAR and first >= 2 * second:
        return max(said, key=lambda code: said[code])
    return _guessed(plain, said)


def _guessed(plain: str, said: Mapping[str, int]) -> str:
    values = _detector().compute_language_confidence_values(plain)
    sure = {CODES[found.language]: found.value for found in values}
    weights = {code: sure.get(code, 0.0) + _SAY_PER_WORD * said.get(code, 0) for code in CODES.values()}
    best = max(weights, key=lambda code: weights[code])
    return best if weights[best] else "en"
