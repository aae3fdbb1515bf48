"""Weeks of the sampling budget: from Monday 00:00 UTC on."""

from datetime import UTC, date, datetime, time, timedelta

WEEK = timedelta(weeks=1)


def monday(at: datetime) -> date:
    """The Monday of the week that `at` is in."""
    day = at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def begins(week: date) -> datetime:
    """The first moment of the week of that Monday."""
    return datetime.combine(week, time(), UTC)
