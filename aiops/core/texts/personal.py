"""Personal data that has a form: e-mail addresses, phone, card and account numbers, internet addresses.

Names and street addresses have none: they would need a model (ADR 0083).
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

_EMAIL = re.compile(r"[\w.+%'-]{1,64}[@＠](?:[\w-]{1,63}[.．]){1,8}[^\W\d_]{2,24}")
_DIGITS = re.compile(r"\d(?:[ \u00a0.-]?\d){11,18}(?!\d)")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ \u00a0-]?[A-Za-z0-9]){11,30}")
_PHONE = re.compile(r"\d(?:[ \u00a0().\-/]{0,3}\d){6}")  # what is worth a look with the tables
_V4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
_V6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
# Characters of a whole IBAN by country, from the registry of SWIFT (release 99).
_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27,
    "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24,
    "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31,
    "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23,
    "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip  # pairs, read as a table
# Where a number without a country's code is likely to be from, by the language alone.
_REGIONS = {
    "cs": "CZ", "da": "DK", "de": "DE", "el": "GR", "en": "US", "es": "ES", "fi": "FI", "fr": "FR",
    "he": "IL", "hi": "IN", "hu": "HU", "id": "ID", "it": "IT", "ja": "JP", "ko": "KR", "nb": "NO",
    "nl": "NL", "pl": "PL", "pt": "PT", "ro": "RO", "ru": "RU", "sv": "SE", "th": "TH", "tr": "TR",
    "uk": "UA", "vi": "VN", "zh": "CN",
}  # fmt: skip  # pairs, read as a table


class Item(NamedTuple):
    """What was found, from `start` up to `end`."""

    start: int
    end: int
    kind: str


def found(text: str, kinds: Sequence[str], locale: str = "") -> list[Item]:
    """What `text` holds of these kinds, in order; of two that overlap the earlier kind counts."""
    taken: list[Item] = []
    for kind in ORDER:
        if kind in kinds:
            for start, end in FINDERS[kind](text, locale):
                if all(end <= one.start or start >= one.end for one in taken):
                    taken.append(Item(start, end, kind))
    return sorted(taken)


def masked(text: str, kinds: Sequence[str], locale: str = "", counted: Counter[str] | None = None) -> str:
    """`text` with "[email]" and the like for what was found: nothing is found in it afterwards.

    Each round takes digits or an @ away, so that it ends.
    """
    while items := found(text, kinds, locale):
        parts, at = [], 0
        for one in items:
            parts += [text[at : one.start], f"[{one.kind}]"]
            at = one.end
            if counted is not None:
                counted[one.kind] += 1
        text = "".join([*parts, text[at:]])
    return text


def _emails(text: str, locale: str) -> Iterator[tuple[int, int]]:  # noqa: ARG001 - the same everywhere
    if "@" in text or "＠" in text:
        yield from (match.span() for match in _EMAIL.finditer(text))


def _cards(text: str, locale: str) -> Iterator[tuple[int, int]]:  # noqa: ARG001 - the same everywhere
    for match in _DIGITS.finditer(text):
        if match.start() and text[match.start() - 1].isdecimal():
            continue
        digits = [int(char) for char in match.group() if char.isdecimal()]
        if issued(digits) and luhn(digits):
            yield match.span()


def issued(digits: Sequence[int]) -> bool:
    """Whether an issuer's cards begin so: Visa, American Express, Mastercard and the like."""
    return len(set(digits)) > 1 and (digits[0] in {3, 4, 5, 6} or 2221 <= _whole(digits[:4]) <= 2720)


def luhn(digits: Sequence[int]) -> bool:
    """The check digit of ISO/IEC 7812."""
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _whole(digits: Sequence[int]) -> int:
    return int("".join(map(str, digits)))


def _ibans(text: str, locale: str) -> Iterator[tuple[int, int]]:  # noqa: ARG001 - the same everywhere
    for match in _IBAN.finditer(text):
        size = _LENGTHS.get(match.group()[:2].upper(), 0)
        places = [place for place, char in enumerate(match.group()) if char.isalnum()][:size]
        if not size or len(places) < size:
            continue
        end = match.start() + places[-1] + 1
        if not text[end : end + 1].isalnum() and iban("".join(match.group()[place] for place in places)):
            yield match.start(), end


def iban(text: str) -> bool:
    """The check digits of ISO 13616: the rest by 97 is 1."""
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def _phones(text: str, locale: str) -> Iterator[tuple[int, int]]:
    if not _PHONE.search(text):
        return
    from phonenumbers import Leniency, PhoneNumberMatcher  # noqa: PLC0415 - tables that few features need

    for match in PhoneNumberMatcher(text, region_of(locale), leniency=Leniency.VALID):
        yield match.start, match.end


def region_of(locale: str) -> str | None:
    """CH for "de-CH", JP for "ja"; None: only numbers with a country's code are found."""
    language, _, rest = locale.replace("_", "-").partition("-")
    region = rest.rpartition("-")[2].upper()
    return region if len(region) == 2 and region.isalpha() else _REGIONS.get(language.lower())


def _addresses(text: str, locale: str) -> Iterator[tuple[int, int]]:  # noqa: ARG001 - the same everywhere
    for pattern in (_V4, _V6):
        for match in pattern.finditer(text):
            try:
                ipaddress.ip_address(match.group())
            except ValueError:
                continue
            yield match.span()


FINDERS: dict[str, Callable[[str, str], Iterator[tuple[int, int]]]] = {
    "email": _emails,
    "iban": _ibans,
    "card": _cards,
    "address": _addresses,
    "phone": _phones,
}
ORDER = tuple(FINDERS)
