"""Grades with unequal chances of having been drawn, and scores instead of verdicts (pure; statistics e)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, t

from aiops.evaluations.anchoring import MINIMUM_GRADES, PassRate

Floats = NDArray[np.float64]
MINIMUM_SCORES = 100  # human ones, below which the judge's scores are not used
NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True)
class Weighted:
    """Passes weighted by 1/π: `estimate` is Hájek's, `worth` as many grades drawn alike as vary as much."""

    estimate: float
    worth: float

    @property
    def passes(self) -> float:
        return self.estimate * self.worth


def weighted(passed: Sequence[bool | float], chances: Sequence[float]) -> Weighted | None:
    """Σ(y/π)/Σ(1/π), and n_eff = (Σ1/π)²/Σ(1/π²); None without a grade. `chances` are π, in (0, 1]."""
    if not passed:
        return None
    weights = 1 / np.asarray(chances, dtype=float)
    total = float(weights.sum())
    estimate = float((weights * np.asarray(passed, dtype=float)).sum()) / total
    return Weighted(estimate, total**2 / float((weights**2).sum()))


def weighted_pass_rate(passed: Sequence[bool | float], chances: Sequence[float]) -> PassRate:
    """The pass rate from grades alone, drawn with unequal chances, with Jeffreys' 95 % interval."""
    found = weighted(passed, chances)
    if found is None or len(passed) < MINIMUM_GRADES:
        return PassRate("collecting", len(passed))
    low, high = beta.ppf([0.025, 0.975], found.passes + 0.5, found.worth - found.passes + 0.5)
    return PassRate("humans_only", len(passed), found.estimate, float(low), float(high))


@dataclass(frozen=True, slots=True)
class ScoreMean:
    """A mean with its 95 % interval. `state`: measured, human_mean (the judge did not help), collecting."""

    state: str
    graded: int
    share: float = 0.0  # λ: how far the judge's scores count, 0..1
    mean: float | None = None
    error: float | None = None  # of the mean
    low: float | None = None
    high: float | None = None


def score_mean(
    human: Sequence[float], judge_on_human: Sequence[float], judge_only: Sequence[float]
) -> ScoreMean:
    """PPI++ (Angelopoulos and others 2023): n human scores, the judge's of the same n, and of N others."""
    own, graded = np.asarray(human, dtype=float), np.asarray(judge_on_human, dtype=float)
    others = np.asarray(judge_only, dtype=float)
    n, rest = len(own), len(others)
    if n < 2:
        return ScoreMean("collecting", n)
    used = n >= MINIMUM_SCORES and rest >= 2
    share = _share(own, graded, others) if used else 0.0
    mean, variance = float(own.mean()), float(own.var(ddof=1)) / n
    if share:
        mean += share * float(others.mean() - graded.mean())
        variance = float((own - share * graded).var(ddof=1)) / n + share**2 * float(others.var(ddof=1)) / rest
    error = variance**0.5
    half = float(t.ppf(0.975, n - 1)) * error
    return ScoreMean("measured" if used else "human_mean", n, share, mean, error, mean - half, mean + half)


def _share(own: Floats, graded: Floats, others: Floats) -> float:
    """λ, which makes the variance least."""
    spread = float(np.concatenate([graded, others]).var(ddof=1))
    if spread <= NO_SPREAD:
        return 0.0
    common = float(np.cov(own, graded, ddof=1)[0, 1])
    return float(np.clip(common / ((1 + len(own) / len(others)) * spread), 0.0, 1.0))
