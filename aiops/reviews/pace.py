"""How fast somebody grades (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

SITTING = timedelta(minutes=10)  # a longer pause ends a sitting
DAYS = 28


@dataclass(frozen=True, slots=True)
class Pace:
    """`seconds`: the median time that an item took; `sittings`: how often the person sat down to grade."""

    n: int
    seconds: float | None
    sittings: int
    longest: int  # items in the longest sitting
    days: list[tuple[date, int]]  # items on each day of four weeks, the oldest first
    first: datetime | None
    last: datetime | None

    @property
    def an_hour(self) -> int | None:
        return round(3600 / self.seconds) if self.seconds else None

    @property
    def counts(self) -> list[int]:
        """Items a day, the oldest first."""
        return [count for _, count in self.days]

    @property
    def week(self) -> int:
        """Items of the last seven days."""
        return sum(count for _, count in self.days[-7:])


def pace(grades: Iterable[tuple[datetime, float]], *, today: date, zone: str = "UTC") -> Pace:
    """From pairs (when, seconds spent), in any order; days are those of `zone`."""
    rows = sorted(grades)
    counts = dict.fromkeys((today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)), 0)
    for at, _ in rows:
        day = at.astimezone(ZoneInfo(zone)).date()
        if day in counts:
            counts[day] += 1
    sat = _sittings([at for at, _ in rows])
    spent = [seconds for _, seconds in rows if seconds > 0]
    return Pace(
        n=len(rows),
        seconds=median(spent) if spent else None,
        sittings=len(sat),
        longest=max(sat, default=0),
        days=list(counts.items()),
        first=rows[0][0] if rows else None,
        last=rows[-1][0] if rows else None,
    )


def _sittings(times: Sequence[datetime]) -> list[int]:
    """How many items were graded in each sitting."""
    found: list[int] = []
    before: datetime | None = None
    for at in times:
        if before is None or at - before > SITTING:
            found.append(0)
        found[-1] += 1
        before = at
    return found
