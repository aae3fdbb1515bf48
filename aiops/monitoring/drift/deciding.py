"""STATISTICS d, what follows: several signals together, a state for each, and when a person is told. Pure."""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum

ALPHA = 0.05
LEAST_P = 1e-12
QUARTER = {"day": 90, "hour": 90 * 24}  # windows


class State(StrEnum):
    COLLECTING = "COLLECTING"
    DRIFT = "DRIFT"
    SMALL_CHANGE = "SMALL_CHANGE"
    UNPROVEN = "UNPROVEN"
    STEADY = "STEADY"


def adjusted(p: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted p-values, in the order given; nothing of nothing."""
    order = sorted(range(len(p)), key=lambda place: p[place])
    found, least = [1.0] * len(p), 1.0
    for rank in range(len(p), 0, -1):
        place = order[rank - 1]
        least = min(least, p[place] * len(p) / rank)
        found[place] = least
    return found


def state(*, measured: bool, p_adjusted: float | None, practical: bool | None) -> State:
    """Drift is a change that is both significant and large enough to matter."""
    if not measured or p_adjusted is None:
        return State.COLLECTING
    if p_adjusted <= ALPHA:
        return State.DRIFT if practical else State.SMALL_CHANGE
    return State.UNPROVEN if practical else State.STEADY


def evidence(p: float) -> float:
    """A bet against "nothing has changed" that is fair when it is so: its mean is 1 under even p-values."""
    return 0.5 / math.sqrt(max(p, LEAST_P))


def next_levels(levels: Mapping[str, float], bets: Mapping[str, float | None]) -> dict[str, float]:
    """M of each signal after one more window: (1 + M) times its evidence; unmeasured ones stay."""
    found = dict(levels)
    for name, bet in bets.items():
        before = found.get(name, 0.0)
        found[name] = before if bet is None else (1 + before) * bet
    return found


def alarm_level(levels: Mapping[str, float]) -> float:
    """The mean of M over the signals: what is held against the threshold."""
    return sum(levels.values()) / len(levels) if levels else 0.0


def threshold(false_pages: float, pace: str, paces: int = 1) -> float:
    """The level at which somebody is paged: windows per false page, the dial shared by `paces`.

    `false_pages` per quarter, when nothing changes: 1 by the day alone is 90.
    """
    return QUARTER[pace] * paces / false_pages


def shiryaev_roberts(p: Sequence[Sequence[float | None]], limit: float) -> tuple[list[float], list[int]]:
    """The path of the alarm level over windows, one row of `p` for each signal, and where it alarmed."""
    names = [str(place) for place in range(len(p))]
    levels = dict.fromkeys(names, 0.0)
    path: list[float] = []
    alarms: list[int] = []
    for window, row in enumerate(zip(*p, strict=True)):
        bets = (None if value is None else evidence(value) for value in row)
        levels = next_levels(levels, dict(zip(names, bets, strict=True)))
        path.append(alarm_level(levels))
        if path[-1] >= limit:
            alarms.append(window)
            levels = dict.fromkeys(names, 0.0)
    return path, alarms
