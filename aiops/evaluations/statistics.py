"""How sure a share or a mean is. Pure: numbers in, numbers out.

A case is the unit: its repeats are averaged first, so that `n` counts cases and not calls.
"""

import math

from aiops.core.intervals import LEAST, LEVEL, Interval, enough, wilson

__all__ = ["LEAST", "LEVEL", "Interval", "enough", "mean_interval", "wilson"]


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
