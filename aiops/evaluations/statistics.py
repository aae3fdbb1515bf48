"""How sure a share or a mean is. Pure: numbers in, numbers out.

A case is the unit: its repeats are averaged first, so that `n` counts cases and not calls.
"""

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


def mean_interval(mean: float, deviation: float | None, n: int, level: float = LEVEL) -> Interval | None:
    """The mean of `n` values with sample deviation `deviation` and Student's interval, cut to 0..1.

    None for n = 0; with one value, or without a deviation, the bounds say nothing: 0 and 1.
    """
    if not n:
        return None
    if n == 1 or deviation is None:
        return Interval(0.0, mean, 1.0)
    from scipy.special import stdtrit  # noqa: PLC0415 - half a second, which most processes never need

    half = float(stdtrit(n - 1, 0.5 + level / 2)) * deviation / math.sqrt(n)
    return Interval(max(0.0, mean - half), mean, min(1.0, mean + half))


def enough(n: int) -> bool:
    """Whether an interval may be shown, and a colour."""
    return n >= LEAST
