"""Making texts comparable, in any script."""

import unicodedata


def normalised(text: str, *, case: bool = True, whitespace: bool = True, punctuation: bool = False) -> str:
    """`text` in Unicode form NFKC (full-width digits and letters become plain ones).

    `case`: case does not matter; `whitespace`: runs of it count as one space, none at the ends;
    `punctuation`: punctuation and symbols around and inside do not matter.
    """
    result = unicodedata.normalize("NFKC", text)
    if case:
        result = unicodedata.normalize("NFKC", result.casefold())
    if punctuation:
        result = "".join(" " if unicodedata.category(char)[0] in "PS" else char for char in result)
    if whitespace or punctuation:
        result = " ".join(result.split())
    return result


_WIDE = (
    (0x0E00, 0x0EFF),  # Thai, Lao: written without spaces
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),  # Chinese characters
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


def words(text: str) -> list[str]:
    """The words of `text`, normalised; scripts that put no spaces between words count by characters."""
    found: list[str] = []
    for word in normalised(text, punctuation=True).split():
        found += _split(word)
    return found


def is_wide(char: str) -> bool:
    """Whether the character is of a script that puts no spaces between words."""
    return bool(char) and any(low <= ord(char) <= high for low, high in _WIDE)


def _split(word: str) -> list[str]:
    if word.isascii():
        return [word]
    parts, plain = [], ""
    for char in word:
        if is_wide(char):
            parts += [plain, char] if plain else [char]
            plain = ""
        else:
            plain += char
    return [*parts, plain] if plain else parts
