"""What a set of cases can and cannot show, before the run and after it (pure, quick enough for a page)."""

import math
from functools import cache, lru_cache

import numpy as np
from scipy.special import bdtrc, gammaln, ndtri, xlogy

ALPHA = 0.05
POWER = 0.8
TYPICAL_DISCORDANT = 0.1  # share of cases that flip between two versions, where nothing is known
_Z95 = float(ndtri(0.95))
_Z = _Z95 + float(ndtri(POWER))
_TAIL = 12  # standard deviations of the number of flips that are summed over; beyond is less than 1e-30


@cache
def _critical(m: int) -> int:
    """Fewest regressions among `m` flips that McNemar's test calls a fall; m + 1 where none can."""
    near = m / 2 + _Z95 * math.sqrt(m) / 2
    ks = np.arange(max(0, math.floor(near) - 5), min(m + 1, math.ceil(near) + 5) + 1)
    chances = np.where(ks > 0, bdtrc(np.maximum(ks - 1, 0), m, 0.5), 1.0)
    chances[ks > m] = 0.0
    return int(ks[chances <= ALPHA][0])


def mcnemar_power(n: int, discordant: float, fall: float) -> float:
    """Chance that `n` cases, of which a share `discordant` flips, show a true `fall` (shares in 0..1)."""
    q = (discordant + fall) / (2 * discordant)
    mean, spread = n * discordant, math.sqrt(n * discordant * (1 - discordant))
    ms = np.arange(max(0, math.floor(mean - _TAIL * spread)), min(n, math.ceil(mean + _TAIL * spread)) + 1)
    weights = np.exp(
        gammaln(n + 1) - gammaln(ms + 1) - gammaln(n - ms + 1)
        + xlogy(ms, discordant) + xlogy(n - ms, 1 - discordant)
    )  # fmt: skip  # arguments by what they belong to
    critical = np.array([_critical(int(m)) for m in ms])
    reached = np.where(critical <= ms, bdtrc(np.minimum(critical - 1, ms), np.maximum(ms, 1), q), 0.0)
    return float((weights * reached).sum())


@lru_cache(maxsize=256)
def mde_binary(n: int, discordant: float = TYPICAL_DISCORDANT) -> float | None:
    """Smallest fall on the grid .005, .010, ... found 4 times in 5; None: out of reach of this set."""
    for step in range(1, round(discordant / 0.005) + 1):
        fall = step * 0.005
        if fall <= discordant + 1e-12 and mcnemar_power(n, discordant, fall) >= POWER:
            return fall
    return None


def mde_score(n: int, sd: float) -> float:
    """Smallest mean fall of a score found 4 times in 5, where differences have standard deviation `sd`."""
    return _Z * sd / math.sqrt(n)


def least_to_pass(margin: float) -> int:
    """Fewest cases that can pass at `margin`, even where no case flips."""
    return math.floor(_Z95**2 * (1 / margin - 1)) + 1


def further_cases(n: int, fall: float, var: float, margin: float) -> int | None:
    """Cases still missing to decide; None: more cases would not help, the estimate lies beyond the margin."""
    if fall >= margin:
        return None
    return max(0, math.ceil(_Z**2 * var / (margin - max(fall, 0.0)) ** 2) - n)
