"""How many tokens a text has, about as the vendors' tokenizers count them."""

from functools import lru_cache

import regex

_PIECES = regex.compile(
    r"(?P<cjk>[\p{Han}\p{Hiragana}\p{Katakana}ー])|(?P<number>\d{1,3})|(?P<word>\p{L}+)|(?P<mark>[^\s\p{L}\d])"
)
_CJK_TOKENS = 0.8  # kana pairs merge, rare kanji take two
_LETTERS_PER_TOKEN = 7  # words up to this length are one token in the common vocabularies


@lru_cache(maxsize=1024)
def estimate(text: str) -> int:
    """Tokens of `text`; Japanese and Chinese are about three times as dense per character as English."""
    total = 0.0
    for piece in _PIECES.finditer(text):
        if piece.lastgroup == "cjk":
            total += _CJK_TOKENS
        elif piece.lastgroup == "word":
            total += -(-len(piece.group()) // _LETTERS_PER_TOKEN)
        else:
            total += 1
    return round(total)


def shorten(text: str, limit: int) -> str:
    """The longest beginning of `text` that has at most `limit` tokens."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if estimate(text[:middle]) <= limit else (low, middle - 1)
    return text[:low]
