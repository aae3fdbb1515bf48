"""From which likeness on a stored answer may be given: STATISTICS g. Pure; scipy is loaded when needed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aiops.core.intervals import wilson

GRID = (0.7, 0.75, 0.8, 0.85, 0.88, 0.91, 0.94, 0.96, 0.98, 0.99)  # likenesses that may become a threshold
TARGET = 0.01  # of hits may be false

Action = Literal["raise", "keep", "off", "collect"]


@dataclass(frozen=True, slots=True)
class Bin:
    """Checked hits whose likeness is in `at` up to the next bin's `at`; `false` of them answered wrongly."""

    at: float
    checks: int
    false: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Shown are `rate` and its Wilson interval; `upper`, the exact 95 % bound, decides. Shares of 1."""

    rate: float | None
    low: float
    high: float
    upper: float


@dataclass(frozen=True, slots=True)
class Decision:
    """`threshold` is where it stands after the action; `smallest_ok` None: none is proven yet."""

    needed: int
    smallest_ok: float | None
    action: Action
    upper_at_current: float
    threshold: float


def false_hit_rate(false_hits: int, checks: int) -> Rate:
    """The rate of wrong answers with what is shown and what decides."""
    upper = upper_bound(false_hits, checks)
    found = wilson(false_hits, checks)
    return Rate(found.mid, found.low, found.high, upper) if found else Rate(None, 0.0, 1.0, upper)


def upper_bound(false_hits: int, checks: int) -> float:
    """The exact upper 95 % bound of the rate (Clopper and Pearson, one-sided)."""
    if not checks or false_hits >= checks:
        return 1.0
    from scipy.stats import beta  # noqa: PLC0415 - slow to import, and no call of a feature needs it

    return float(beta.ppf(0.95, false_hits + 1, checks - false_hits))


def min_checks(target: float = TARGET) -> int:
    """So many without a false one prove that the rate is below `target`."""
    return math.ceil(math.log(0.05) / math.log(1 - target))


def decide(current: float, bins: Sequence[Bin], target: float = TARGET) -> Decision:
    """What the checks say of `current`. It is raised or kept or switched off, never lowered.

    A bin that is not given never becomes a threshold: nothing is known of a likeness that never came.
    """
    needed = min_checks(target)
    good = [one.at for one in sorted(bins, key=lambda one: one.at) if _proven(one.at, bins, target, needed)]
    checks, false = from_on(current, bins)
    action: Action = "collect"
    if good:
        action = "raise" if good[0] > current else "keep"
    elif checks >= needed and false / checks > target:
        action = "off"
    threshold = good[0] if action == "raise" else current
    return Decision(needed, good[0] if good else None, action, upper_bound(false, checks), threshold)


def from_on(threshold: float, bins: Sequence[Bin]) -> tuple[int, int]:
    """Checks, and false ones, of all hits at least as alike."""
    above = [one for one in bins if one.at >= threshold]
    return sum(one.checks for one in above), sum(one.false for one in above)


def bin_of(likeness: float) -> float | None:
    """The grid's step that `likeness` belongs to; None below the grid."""
    return max((at for at in GRID if at <= likeness), default=None)


def _proven(threshold: float, bins: Sequence[Bin], target: float, needed: int) -> bool:
    checks, false = from_on(threshold, bins)
    return checks >= needed and upper_bound(false, checks) < target
