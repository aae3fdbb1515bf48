"""Upper bounds of a fall and one-sided p-values for paired cases (pure; no clock, no database).

"Fall" is base minus candidate in 0..1, so positive means worse. Sources: Agresti and Min 2005 (adjusted
Wald), Tango 1998 (score), cluster-robust variance (CR1), McNemar's exact test, sign-flip permutation test.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import bdtrc, ndtri, stdtrit

Floats = NDArray[np.float64]
EXACT_FLIPS = 16  # up to here all 2^m sign patterns are tried
DRAWS = 100_000


@lru_cache(maxsize=8)
def z_of(level: float) -> float:
    """The standard normal quantile of a one-sided `level` (0.95 gives 1.6449)."""
    return float(ndtri(level))


def mcnemar_p(b: int, c: int) -> float:
    """Chance of `b` or more regressions among `b + c` flips were both directions equally likely."""
    return 1.0 if b == 0 else float(bdtrc(b - 1, b + c, 0.5))


def agresti_min_upper(b: int, c: int, n: int, z: float) -> float:
    """Bound of the fall for `b` regressed and `c` improved of `n`, half a case added to each cell."""
    e = (b - c) / (n + 2)
    return min(1.0, e + z * math.sqrt(((b + c + 1) / (n + 2) - e * e) / (n + 2)))


def tango_upper(b: int, c: int, n: int, z: float) -> float:
    """Tango's score bound of the fall: where the score statistic reaches -z."""
    if b == n:
        return 1.0
    if b == c == 0:
        return z * z / (n + z * z)

    def beyond(d: float) -> float:
        a, bb, cc = 2 * n, -b - c + (2 * n - b + c) * d, -c * d * (1 - d)
        q = (math.sqrt(max(bb * bb - 4 * a * cc, 0.0)) - bb) / (2 * a)
        return (b - c - n * d) + z * math.sqrt(max(n * (2 * q + d * (1 - d)), 0.0))

    return float(brentq(beyond, (b - c) / n + 1e-12, 1 - 1e-12, xtol=1e-12))


def binary_upper(b: int, c: int, n: int, z: float) -> float:
    """The larger of both bounds: alone, Agresti-Min passes 31 identical cases at a margin of 5 points."""
    return max(agresti_min_upper(b, c, n, z), tango_upper(b, c, n, z))


def all_equal_upper(mean: float, size: int, z: float) -> float:
    """Bound where the sample shows no spread: as if one case out of very few might differ."""
    return mean + z * z / (size + z * z)


def mean_upper(falls: Floats, level: float) -> float:
    """Student's bound of the mean of `falls`, shape (n,)."""
    n, mean = len(falls), float(falls.mean())
    if np.ptp(falls) == 0:
        return all_equal_upper(mean, n, z_of(level))
    return mean + float(stdtrit(n - 1, level)) * float(falls.std(ddof=1)) / math.sqrt(n)


def cluster_se(falls: Floats, clusters: Sequence[int]) -> tuple[float, int]:
    """Cluster-robust standard error of the mean (CR1) and the number of clusters."""
    sums = np.bincount(np.asarray(clusters), weights=falls - falls.mean())
    count = len(sums)
    if count < 2:
        return 0.0, count
    return math.sqrt(count / (count - 1) * float((sums**2).sum())) / len(falls), count


def cluster_upper(falls: Floats, clusters: Sequence[int], level: float) -> float:
    """Student's bound with the cluster-robust error; `clusters` numbers each case's cluster from 0."""
    se, count = cluster_se(falls, clusters)
    mean = float(falls.mean())
    if se == 0:
        return all_equal_upper(mean, count, z_of(level))
    return mean + float(stdtrit(count - 1, level)) * se


def sign_flip_p(values: Floats, seed: int) -> float:
    """Chance of a sum this large if each value's sign were a coin toss; zeros say nothing."""
    values = values[values != 0]
    m, observed = len(values), float(values.sum())
    if m == 0:
        return 1.0
    if m <= EXACT_FLIPS:
        patterns = (np.arange(2**m)[:, None] >> np.arange(m)) & 1
        return float(((1 - 2 * patterns) @ values >= observed - 1e-9).mean())
    rng, hits = np.random.default_rng(seed), 0
    for size in _blocks(DRAWS, max(1, 4_000_000 // m)):
        hits += int((rng.choice((-1.0, 1.0), size=(size, m)) @ values >= observed - 1e-9).sum())
    return (hits + 1) / (DRAWS + 1)


def _blocks(total: int, size: int) -> list[int]:
    """`total` draws in blocks that fit in memory."""
    return [min(size, total - start) for start in range(0, total, size)]
