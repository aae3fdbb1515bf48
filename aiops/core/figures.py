"""Figures as people read them: counts, shares, times. Money is in `aiops.core.money`."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from aiops.core import clock

NONE = "–"
NBSP = "\N{NO-BREAK SPACE}"
SMALL_SAMPLE = 200  # below it a decimal place of a share would only be noise


def count(number: float | Decimal | None) -> str:
    """A number with thousands separated: `12,345`; whole where it is whole, else as given."""
    if number is None or number == "":
        return NONE
    return f"{number:,}"


def percent(share: float | Decimal | None, sample: int | None = None) -> str:
    """A share of 0..1 for people: whole where it rests on fewer than 200 cases, else with one decimal."""
    if share is None or share == "":
        return NONE
    places = 0 if sample is not None and sample < SMALL_SAMPLE else 1
    return f"{100 * float(share):.{places}f}{NBSP}%"


def points(difference: float | Decimal | None) -> str:
    """A difference of shares in points: `−31.3`, `+2.2`, `0.0`."""
    if difference is None or difference == "":
        return NONE
    text = f"{abs(100 * float(difference)):.1f}"
    sign = "" if text == "0.0" else ("+" if difference > 0 else "\N{MINUS SIGN}")
    return f"{sign}{text}"


def duration(milliseconds: float | Decimal | None) -> str:
    """Milliseconds for people: `0.4 ms`, `412 ms`, `1.62 s`, `46 s`, `1 min 46 s`, `2 h 5 min`."""
    if milliseconds is None or milliseconds == "":
        return NONE
    ms = float(milliseconds)
    if 0 < ms < 0.95:
        return f"{max(ms, 0.01):.1g}{NBSP}ms"
    if ms < 999.5:
        return f"{ms:.0f}{NBSP}ms"
    seconds = ms / 1000
    if seconds < 59.95:
        return f"{seconds:.2f}{NBSP}s" if seconds < 10 else f"{seconds:.0f}{NBSP}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}{NBSP}min {whole % 60}{NBSP}s"
    return f"{whole // 3600}{NBSP}h {whole % 3600 // 60}{NBSP}min"


def ago(when: datetime) -> str:
    """How long ago (or until) `when` is, in one unit; from a week on the date."""
    age = clock.now() - when
    if age < timedelta(0):
        return _ahead(-age)
    if age < timedelta(seconds=10):
        return "just now"
    if age >= timedelta(days=7):
        return _date(when)
    return f"{_one_unit(age)} ago"


def absolute(when: datetime) -> str:
    """`when` in the viewer's zone with the zone's name."""
    return timezone.localtime(when).strftime("%Y-%m-%d %H:%M:%S %Z")


def _ahead(left: timedelta) -> str:
    return "now" if left < timedelta(seconds=10) else f"in {_one_unit(left)}"


def _one_unit(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    for size, unit in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds >= size:
            number = seconds // size
            plural = "s" if unit == "day" and number > 1 else ""
            return f"{number}{NBSP}{unit}{plural}"
    return f"{seconds}{NBSP}s"


def _date(when: datetime) -> str:
    local = timezone.localtime(when)
    year = "" if local.year == clock.now().astimezone(UTC).year else f" {local.year}"
    return f"{local.day}{NBSP}{local:%b}{year}"
