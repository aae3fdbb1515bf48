"""What a set of cases can and cannot show, before the run and after it (pure)."""

import math
from functools import cache

import numpy as np
from scipy.stats import binom, norm

ALPHA = 0.05
POWER = 0.8
_Z = float(norm.ppf(0.95) + norm.ppf(0.8))


@cache
def _critical(m: int) -> int:
    """Fewest regressions among `m` flips that McNemar's test calls a fall; m + 1 where none can."""
    ks = np.arange(m + 2)
    return int(ks[binom.sf(ks - 1, m, 0.5) <= ALPHA][0])


def mcnemar_power(n: int, discordant: float, fall: float) -> float:
    """Chance that `n` cases, of which a share `discordant` flips, show a true `fall` (shares in 0..1)."""
    q = (discordant + fall) / (2 * discordant)
    ms = np.arange(n + 1)
    weights = binom.pmf(ms, n, discordant)
    critical = np.array([_critical(int(m)) for m in ms])
    return float((weights * binom.sf(critical - 1, ms, q)).sum())


def mde_binary(n: int, discordant: float = 0.1) -> float | None:
    """Smallest fall on the grid .005, .010, ... found 4 times in 5; None: out of reach of this set."""
    for step in range(1, round(discordant / 0.005) + 1):
        fall = step * 0.005
        if fall <= discordant + 1e-12 and mcnemar_power(n, discordant, fall) >= POWER:
            return fall
    return None


def mde_score(n: int, sd: float) -> float:
    """Smallest mean fall of a score found 4 times in 5, where differences have standard deviation `sd`."""
    return _Z * sd / math.sqrt(n)


def further_cases(n: int, fall: float, var: float, margin: float) -> int | None:
    """Cases still missing to decide; None: more cases would not help, the estimate lies beyond the margin."""
    if fall >= margin:
        return None
    return max(0, math.ceil(_Z**2 * var / (margin - max(fall, 0.0)) ** 2) - n)
