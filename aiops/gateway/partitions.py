"""The monthly partitions of calls: made ahead of time, found when they are old, dropped whole."""

import re
from datetime import UTC, datetime

import structlog
from django.db import DatabaseError, connection, transaction

from aiops.core import clock

log = structlog.get_logger(__name__)

AHEAD = 3  # months beyond the running one
NAME = re.compile(r"gateway_call_(\d{4})_(\d{2})")
_LISTED = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'gateway_call'::regclass"


def month_of(at: datetime, later: int = 0) -> datetime:
    """The first moment of the month `later` months after the one of `at`, in UTC."""
    months = at.astimezone(UTC).year * 12 + at.astimezone(UTC).month - 1 + later
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def make_ahead() -> int:
    """Partitions for this month and the next ones; how many were made.

    A month of which calls lie in the default partition can get no other: they stay there, and it is logged.
    """
    made = 0
    for later in range(AHEAD + 1):
        month = month_of(clock.now(), later)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT gateway_make_partitions(%s::date, 1)", [month])
                made += cursor.fetchone()[0]
        except DatabaseError as error:
            log.warning("partition_not_made", month=f"{month:%Y-%m}", error=str(error))
    return made


def older_than(before: datetime) -> list[str]:
    """The names of partitions of months that ended by `before`, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTED)
        names = sorted(name for (name,) in cursor.fetchall() if NAME.fullmatch(name))
    return [name for name in names if _ends(name) <= before]


def _ends(name: str) -> datetime:
    year, month = (int(part) for part in re.findall(r"\d+", name))
    return month_of(datetime(year, month, 1, tzinfo=UTC), 1)


def drop(name: str) -> None:
    """Drop one partition. It waits for nobody long: else every call would wait behind it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}")
