"""Numbers in a text, however they are written."""

import unicodedata

import regex

# Digits in groups with any of the separators in use; spaces and apostrophes group only before three digits.
_NUMBER = regex.compile(
    r"(?<![\w.,])[-+]?(?:\d+(?:[.,]\d+)*(?:[ '’]\d{3}(?!\d))*(?:[.,]\d+)*|[.,]\d+)(?:[eE][-+]?\d+)?",
    regex.VERSION1,
)
_DECIMAL_COMMA = frozenset(
    [
        "cs",
        "da",
        "de",
        "el",
        "es",
        "fi",
        "fr",
        "hr",
        "hu",
        "id",
        "it",
        "nb",
        "nl",
        "no",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sv",
        "tr",
        "uk",
        "vi",
    ]
)


def numbers_in(text: str, locale: str = "") -> list[float]:
    """All numbers in `text`, in order, read by the habits of `locale` ("de-CH" and "de" alike)."""
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace("\u202f", " ")
    comma = locale.replace("_", "-").split("-")[0].lower() in _DECIMAL_COMMA
    return [_parse(match.group(), comma=comma) for match in _NUMBER.finditer(plain)]


def _parse(digits: str, *, comma: bool) -> float:
    """A matched number as float; `comma`: a lone comma is a decimal one."""
    bare = regex.sub(r"[ '’]", "", digits)
    decimal = _decimal_separator(bare, comma=comma)
    for separator in ",.":
        if separator != decimal:
            bare = bare.replace(separator, "")
    return float(bare.replace(",", ".")) if decimal == "," else float(bare)


def _decimal_separator(bare: str, *, comma: bool) -> str:
    last = max(bare, key=lambda char: bare.rfind(char) if char in ",." else -1)
    if last not in ",.":
        return ""
    other = "," if last == "." else "."
    if bare.count(last) > 1:
        return ""
    if other in bare:
        return last
    whole, rest = regex.split(r"[.,]", bare, maxsplit=1)
    groups = len(rest) == 3 and 1 <= len(whole.lstrip("+-")) <= 3 and whole.lstrip("+-") != "0"
    usual = "," if comma else "."
    return last if not groups or last == usual else ""
