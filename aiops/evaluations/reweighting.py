"""A total re-weighted to the live mix: post-stratification, with an interval that owns up. Pure.

The estimate is the sum of w_g m_g over the groups g that have both live calls and judged cases, w_g being
their share of these calls and m_g the mean of their cases; its variance is the sum of w_g^2 s_g^2 / n_g. A
small group that happens to agree with itself has s_g = 0 and would count as known: hence a floor under s_g.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from statistics import NormalDist

from aiops.evaluations.mix import Group
from aiops.evaluations.statistics import LEAST, LEVEL, Interval, wilson

LEAST_COVERED = 0.5  # of live calls; a total over fewer is not called theirs
_Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)


class Kind(Enum):
    """What the cases' values are: passed or not, a score of 0..1, or the change of either, -1..1."""

    SHARE = "share"
    MEAN = "mean"
    SHARE_CHANGE = "share change"
    MEAN_CHANGE = "mean change"


@dataclass(frozen=True, slots=True)
class Stratum:
    """The n cases of a group: their mean, and n times that mean's variance (s^2 where all are independent).

    `alone` says that they are of one cluster, and no more than one case as far as their variance is known.
    """

    n: int
    mean: float
    variance: float
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Reweighted:
    """`interval` is None where the cases are too few, or `covered`, their groups' share of live calls, is too
    small. `plain` is the mean of all `n` cases.
    """

    kind: Kind
    n: int
    plain: float
    covered: float
    interval: Interval | None


def reweighted(kind: Kind, strata: Mapping[Group, Stratum], live: Mapping[Group, int]) -> Reweighted | None:
    """The mean of `strata` as the `live` calls would have it; None where there is no case or no call."""
    n, calls = sum(one.n for one in strata.values()), sum(live.values())
    if not n or not calls:
        return None
    plain = sum(one.n * one.mean for one in strata.values()) / n
    reached = sum(live.get(group, 0) for group in strata)
    covered = reached / calls
    if n < LEAST or covered < LEAST_COVERED:
        return Reweighted(kind, n, plain, covered, None)
    weights = {group: live[group] / reached for group in strata if live.get(group)}
    estimate = sum(weight * strata[group].mean for group, weight in weights.items())
    pooled = _pooled(strata, n, plain)
    variance = sum(
        weight**2 * _variance(kind, strata[group], pooled) / strata[group].n
        for group, weight in weights.items()
    )
    return Reweighted(kind, n, plain, covered, _interval(kind, estimate, variance, n))


def _variance(kind: Kind, one: Stratum, pooled: float) -> float:
    """s_g^2 with its floor, which is high for few cases and fades as they grow."""
    units = 1 if one.alone else one.n
    spread = one.n / units
    if kind is Kind.SHARE:
        share = (units * one.mean + _Z**2 / 2) / (units + _Z**2)  # Agresti and Coull 1998
        return max(one.variance, spread * share * (1 - share))
    few = one.alone or one.n < LEAST
    own = max(one.variance, spread * pooled) if few else one.variance
    if kind is Kind.SHARE_CHANGE:
        return max(own, spread / (units + 2))  # as if one case more had flipped; Agresti and Min 2005
    return own


def _pooled(strata: Mapping[Group, Stratum], n: int, plain: float) -> float:
    """The variance of a case around the mean of all."""
    within = sum((one.n - 1) * one.variance for one in strata.values())
    return (within + sum(one.n * (one.mean - plain) ** 2 for one in strata.values())) / (n - 1)


def _interval(kind: Kind, estimate: float, variance: float, n: int) -> Interval:
    """For shares Wilson's, of as many cases as would vary as much, and of no more than there are."""
    if kind is Kind.SHARE:
        share = (n * estimate + _Z**2 / 2) / (n + _Z**2)
        worth = min(float(n), share * (1 - share) / variance)
        found = wilson(estimate * worth, worth)
        if found is None:
            raise ValueError("no case")
        return Interval(found.low, estimate, found.high)
    half = _Z * math.sqrt(variance)
    least = -1.0 if kind in (Kind.SHARE_CHANGE, Kind.MEAN_CHANGE) else 0.0
    return Interval(max(least, estimate - half), estimate, min(1.0, estimate + half))
