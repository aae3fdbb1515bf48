"""The times that spend is looked at by: a day, week, month or quarter in UTC, half-open."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

KINDS = ("day", "week", "month", "quarter")
MONTHS = {"month": 1, "quarter": 3}


@dataclass(frozen=True, slots=True)
class Span:
    """`compared_until` is as far into the one before as `now` is into this one."""

    kind: str
    begins: datetime
    ends: datetime
    before: datetime  # where the one before begins
    compared_until: datetime
    running: bool

    @property
    def on(self) -> str:
        return f"{self.begins:%Y-%m-%d}"

    @property
    def earlier(self) -> str:
        return f"{self.before:%Y-%m-%d}"

    @property
    def later(self) -> str:
        """The next one's first day; "" where it has not begun."""
        return "" if self.running else f"{self.ends:%Y-%m-%d}"

    @property
    def words(self) -> str:
        if self.kind == "day":
            return f"{self.begins.day} {self.begins:%B %Y}"
        if self.kind == "month":
            return f"{self.begins:%B %Y}"
        if self.kind == "quarter":
            return f"quarter {(self.begins.month + 2) // 3} of {self.begins.year}"
        last = self.ends - timedelta(days=1)
        return f"{self.begins.day} {self.begins:%b} to {last.day} {last:%b %Y}"

    @property
    def step(self) -> timedelta:
        """The width of a bar."""
        return timedelta(hours=1) if self.kind == "day" else timedelta(days=1)

    def places(self, now: datetime) -> list[datetime]:
        """Where each bar begins, up to now."""
        count = int((self.ends - self.begins) / self.step)
        return [at for at in (self.begins + number * self.step for number in range(count)) if at <= now]


def span(kind: str, on: str, now: datetime) -> Span:
    """The period of this kind that the day `on` ("2026-11-23") lies in; else the running one."""
    wanted = kind if kind in KINDS else "month"
    try:
        at = min(datetime.strptime(on, "%Y-%m-%d").replace(tzinfo=UTC), now)
        begins, ends = _edges(wanted, at)
        before, _ = _edges(wanted, begins - timedelta(seconds=1))
    except (ValueError, OverflowError):
        begins, ends = _edges(wanted, now)
        before, _ = _edges(wanted, begins - timedelta(seconds=1))
    running = begins <= now < ends
    return Span(
        wanted, begins, ends, before, min(begins, before + (now - begins)) if running else begins, running
    )


def _edges(kind: str, at: datetime) -> tuple[datetime, datetime]:
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if kind == "day":
        return day, day + timedelta(days=1)
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    size = MONTHS[kind]
    first = day.replace(day=1, month=(day.month - 1) // size * size + 1)
    return first, (first + timedelta(days=31 * size + 1)).replace(day=1)
