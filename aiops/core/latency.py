"""Latency percentiles that add up over processes and hours, at an error of 5 % at most (STATISTICS j).

A histogram is a mapping from bucket (0 to 274) to a count; absent means 0.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

BOUNDS = tuple(1.05**i for i in range(274))  # milliseconds: 1 ms to 609 s
OPEN = len(BOUNDS)  # the bucket of all that is longer


@dataclass(frozen=True, slots=True)
class Quantile:
    """`ms` is None without values. `enough`: n is at least 5/(1-q). `open_ended`: "over 609 s"."""

    ms: float | None
    n: int
    enough: bool
    open_ended: bool
    needed: int


def bucket(ms: float) -> int:
    """0 holds up to 1 ms, i what lies in (bound i-1, bound i], 274 the rest."""
    return bisect_left(BOUNDS, ms)


def histogram(values: Iterable[float | None]) -> dict[int, int]:
    """None, NaN and negative values are dropped."""
    return dict(Counter(bucket(value) for value in values if value is not None and value >= 0))


def merge(histograms: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Their sum; order and grouping do not matter."""
    total: Counter[int] = Counter()
    for one in histograms:
        total.update(one)
    return dict(total)


def quantile(counts: Mapping[int, int], q: float) -> Quantile:
    """The value below which the share `q` lies, straight inside its bucket on the logarithm."""
    n = sum(counts.values())
    needed = math.ceil(round(5 / (1 - q), 9))
    if not n:
        return Quantile(None, 0, enough=False, open_ended=False, needed=needed)
    rank = max(1, math.ceil(q * n - 1e-9))
    before = 0
    for place in sorted(counts):
        if before + counts[place] >= rank:
            break
        before += counts[place]
    inside = (rank - before - 0.5) / counts[place]
    return Quantile(_value(place, inside), n, n >= needed, place == OPEN, needed)


def _value(place: int, inside: float) -> float:
    if place == 0:
        return inside
    return BOUNDS[-1] if place == OPEN else BOUNDS[place - 1] * 1.05**inside
