"""Which of the windows that are kept a window is compared with. Pure.

Those of the same hours of the week where there are enough, else of the same hours of working days or
week-ends, else of the same hours of any day: the narrowest that is ten times as large, over the fewest weeks.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiops.monitoring.drift.measuring import TIMES

WEEKS = (4, 8, 13)
LONGEST = timedelta(weeks=WEEKS[-1])
OWN_SPAN = timedelta(weeks=WEEKS[0])  # that the own past must reach back
OTHER_SPAN = timedelta(days=7)  # that the past of what served before must reach back
SINCE = timedelta(days=7)  # after a deploy, in which its windows are held against what served before
ROOM = 1.1  # since not every signal is measured on every call
_SATURDAY = 5
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """A window as far as choosing needs it."""

    pk: int
    hour: datetime
    serving: str
    is_candidate: bool
    calls: int
    sampled: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """`windows` to compare with; `same`: what of them is the same, in words; `short`: days that lack."""

    windows: Sequence[Kept]
    same: str = ""
    short: int = 0
    days: int = 0


Match = Callable[[datetime], tuple[int, ...]]
MATCHES: tuple[tuple[str, Match], ...] = (
    ("same hours of the week", lambda hour: (hour.weekday(), hour.hour)),
    ("same hours, working days or week-ends alike", lambda hour: (hour.weekday() >= _SATURDAY, hour.hour)),
    ("same hours of any day", lambda hour: (hour.hour,)),
)


def chosen(
    past: Iterable[Kept], current: Sequence[Kept], *, hourly: bool, span: timedelta, until: datetime
) -> Chosen:
    """The reference of the windows `current` among `past`, before `until`."""
    known = sorted((one for one in past if until - LONGEST <= one.hour < until), key=lambda one: one.hour)
    if not known:
        return Chosen((), short=span.days)
    reach = (until.date() - known[0].hour.date()).days
    if reach < span.days:
        return Chosen((), short=span.days, days=reach)
    wanted = ROOM * TIMES * sum(one.sampled for one in current)
    hours = [hour for one in current for hour in _around(one.hour, hourly=hourly)]
    found: list[Kept] = []
    same = ""
    for same, match in MATCHES:
        keys = {match(hour) for hour in hours}
        alike = [one for one in known if match(one.hour) in keys]
        for weeks in WEEKS:
            found = [one for one in alike if one.hour >= until - timedelta(weeks=weeks)]
            if sum(one.sampled for one in found) >= wanted:
                return Chosen(found, same, days=len({one.hour.date() for one in found}))
    return Chosen(found, same, days=len({one.hour.date() for one in found}))


def _around(hour: datetime, *, hourly: bool) -> Collection[datetime]:
    return (hour - _HOUR, hour, hour + _HOUR) if hourly else (hour,)


def main(windows: Iterable[Kept], *, candidate: bool) -> str:
    """What served most of the calls, as the stable approach or as the candidate; '' where nothing did."""
    calls: dict[str, int] = {}
    for one in windows:
        if one.is_candidate == candidate:
            calls[one.serving] = calls.get(one.serving, 0) + one.calls
    return max(calls, key=lambda name: calls[name]) if calls else ""


def before(past: Sequence[Kept], serving: str, start: datetime) -> str:
    """What served before `serving` came, where that is not longer ago than a week; else ''."""
    stable = sorted((one for one in past if not one.is_candidate), key=lambda one: one.hour)
    here = [one.hour for one in stable if one.serving == serving]
    others = [one for one in stable if one.serving != serving]
    came = min((hour for hour in here if not any(o.hour >= hour for o in others)), default=None)
    if came is None:
        came = start
    earlier = [one for one in others if one.hour <= came]
    return earlier[-1].serving if earlier and start - came < SINCE else ""
