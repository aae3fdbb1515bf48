"""How sure a share is. Pure: counts in, numbers out."""

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

LEAST = 20  # cases; below this no interval is shown, and nothing is green
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate in 0..1 between its bounds."""

    low: float
    mid: float
    high: float


@lru_cache(maxsize=4)
def _z(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(passed: float, n: float, level: float = LEVEL) -> Interval | None:
    """The share `passed / n` with Wilson's two-sided score interval; None for n = 0.

    `passed` may be a fraction where repeats were averaged: the interval then is a little too wide, never too
    narrow, since an average varies less than a single yes or no. (Wilson 1927; Brown, Cai, DasGupta 2001.)
    """
    if not n:
        return None
    z = _z(level)
    share = passed / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(max(0.0, min(middle - half, share)), share, min(1.0, max(middle + half, share)))


def enough(n: int) -> bool:
    """Whether an interval may be shown, and a colour."""
    return n >= LEAST
