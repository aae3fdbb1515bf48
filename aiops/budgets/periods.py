"""Days and months, half-open, in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Literal

Kind = Literal["day", "month"]


def period_of(kind: Kind, at: datetime) -> tuple[datetime, datetime]:
    """The beginning and the end of the day or month that `at` lies in.

    >>> [f"{edge:%m-%d}" for edge in period_of("month", datetime(2026, 12, 31, 23, 59, tzinfo=UTC))]
    ['12-01', '01-01']
    """
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if kind == "day":
        return day, day + timedelta(days=1)
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)
