"""Dates in a text: as ISO writes them, and as people do in the text's language.

Names of months are read by dateparser. Dates of digits alone are read here, since it would guess where two
readings are possible, and an ambiguous date is what must not pass.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

import regex
from dateparser.data.languages_info import language_order
from dateparser.date import DateDataParser

Order = Literal["day", "month"]

ANY_LANGUAGE = ("en", "de", "fr", "es", "ja")
_MONTH_FIRST = frozenset({"en-us", "en-ph", "es-us"})
_YEAR_FIRST = frozenset({"ja", "zh", "ko", "hu", "mn", "lt"})  # where digits with the year last say no order

_WRITTEN = regex.compile(
    r"""(?<![\p{Latin}\p{Cyrillic}\d_./-])(?:
        (?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})
      | (?P<y>\d{4})\s?[年년]\s?(?P<m>\d{1,2})\s?[月월]\s?(?P<d>\d{1,2})\s?[日일]
      | (?P<one>\d{1,2})(?P<by>[./-])\s?(?P<two>\d{1,2})(?P=by)\s?(?P<y>\d{4})
      | (?P<short>\d{1,2}/\d{1,2}/\d\d | \d\d\.\d\d\.\d\d)
      | (?P<d>\d{1,2})(?:\.|er|º|st|nd|rd|th)?\s(?:de\s|of\s)?
        (?P<name>\p{L}{3,12})\.?,?\s(?:del?\s)?(?P<y>\d{4})
      | (?P<name>\p{L}{3,12})\.?\s(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s(?P<y>\d{4})
    )(?!\d|[./-]\d)""",
    regex.VERBOSE | regex.VERSION1 | regex.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Written:
    """A date as it is written, and what it means; or `problem`, what keeps it from meaning a day."""

    text: str
    day: date | None
    problem: str = ""


def dates_in(text: str, locale: str = "", order: Order | None = None) -> list[Written]:
    """The dates in `text`, in order. `order`: what comes first where the year is last; else `locale` says."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    return list(_read(plain, locale.replace("_", "-").lower(), order))


def _read(plain: str, locale: str, order: Order | None) -> Iterator[Written]:
    language = locale.split("-", maxsplit=1)[0]
    for match in _WRITTEN.finditer(plain):
        parts = match.groupdict()
        if parts["short"]:
            yield Written(match.group(), None, "has a year of two digits")
        elif parts["one"]:
            first = order or ("day" if parts["by"] == "." else _first(locale, language))
            yield _of_digits(match.group(), int(parts["y"]), (int(parts["one"]), int(parts["two"])), first)
        elif not parts["name"]:
            yield _of(match.group(), int(parts["y"]), int(parts["m"]), int(parts["d"]))
        elif month := _month(parts["name"], language):
            yield _of(match.group(), int(parts["y"]), month, int(parts["d"]))


def _first(locale: str, language: str) -> Order | None:
    """What `locale` writes first; None where that is not settled, as in plain "en"."""
    if locale in _MONTH_FIRST:
        return "month"
    return None if locale in {"", "en"} or language in _YEAR_FIRST else "day"


def _of_digits(text: str, year: int, pair: tuple[int, int], first: Order | None) -> Written:
    """`pair` as it stands, before the year. Without a known order it has to be the only reading."""
    by_day, by_month = _of(text, year, pair[1], pair[0]), _of(text, year, pair[0], pair[1])
    if first is not None:
        return by_day if first == "day" else by_month
    if by_day.day and by_month.day and by_day.day != by_month.day:
        return Written(text, None, f"could be {by_day.day} or {by_month.day}")
    return by_day if by_day.day else by_month


def _of(text: str, year: int, month: int, day: int) -> Written:
    try:
        return Written(text, date(year, month, day))
    except ValueError:
        return Written(text, None, "is no day of the calendar")


def _month(name: str, language: str) -> int | None:
    """The number of the month called `name` in `language`; None where it is another word."""
    read = _parser(language).get_date_data(f"1 {name} 2001").date_obj
    return read.month if read is not None else None


@lru_cache(maxsize=32)
def _parser(language: str) -> DateDataParser:
    known = [language] if language in language_order else list(ANY_LANGUAGE)
    settings = {
        "STRICT_PARSING": True,
        "REQUIRE_PARTS": ["day", "month", "year"],
        "PARSERS": ["absolute-time"],
    }
    return DateDataParser(languages=known, settings=settings)
