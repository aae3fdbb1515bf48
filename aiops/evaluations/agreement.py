"""How far graders, or judge and human, agree, without a number that misleads (pure).

Sources: Cohen 1960, Gwet 2008 (AC1 and its variance), Krippendorff 2011. Nothing is gated on kappa: where
95 % pass, two graders who are each 95 % right agree 91 % of the time with a kappa of .44.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import krippendorff
import numpy as np
from statsmodels.stats.inter_rater import cohens_kappa

MINIMUM = 20  # doubly graded items; below, only "9 of 12 equal" is said


@dataclass(frozen=True, slots=True)
class Agreement:
    """Shares in 0..1; kappa is None where chance alone gives full agreement, its interval where undefined."""

    n: int
    equal: int
    agreement: float
    ac1: float
    ac1_se: float
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None

    @property
    def enough(self) -> bool:
        return self.n >= MINIMUM


def agreement(table: Sequence[Sequence[int]]) -> Agreement:
    """Agreement of two graders, from a q x q table of counts, rows grader 1. ValueError without any item."""
    counts = np.asarray(table, dtype=float)
    n = counts.sum()
    if n == 0:
        raise ValueError("agreement needs at least one item that both graded")
    equal = float(np.trace(counts))
    ac1, se = _ac1(counts)
    return Agreement(int(n), int(equal), equal / n, ac1, se, *_kappa(counts))


def _ac1(counts: "np.ndarray") -> tuple[float, float]:
    """Gwet's AC1 and its standard error."""
    n, q = counts.sum(), len(counts)
    po = np.trace(counts) / n
    pi = (counts.sum(axis=0) + counts.sum(axis=1)) / (2 * n)
    pe = float((pi * (1 - pi)).sum()) / (q - 1)
    ac1 = (po - pe) / (1 - pe)
    equal = np.eye(q)
    pe_i = ((1 - pi)[:, None] + (1 - pi)[None, :]) / 2 / (q - 1)
    v = (equal - pe) / (1 - pe) - 2 * (1 - ac1) * (pe_i - pe) / (1 - pe)
    variance = float((counts * (v - ac1) ** 2).sum()) / (n * (n - 1)) if n > 1 else 0.0
    return float(ac1), math.sqrt(variance)


def _kappa(counts: "np.ndarray") -> tuple[float | None, float | None, float | None]:
    n = counts.sum()
    pe = float((counts.sum(axis=0) * counts.sum(axis=1)).sum()) / n**2
    if pe == 1:
        return None, None, None
    one_class = any((margin > 0).sum() == 1 for margin in (counts.sum(axis=0), counts.sum(axis=1)))
    if one_class:
        return 0.0, None, None
    result = cohens_kappa(counts)
    return float(result.kappa), float(result.kappa_low), float(result.kappa_upp)


def alpha(
    ratings: Sequence[Sequence[float | None]], level: Literal["nominal", "ordinal", "interval"] = "nominal"
) -> tuple[float | None, int]:
    """Krippendorff's alpha over graders (rows) and items (columns), and the items with two ratings or more.

    None where there are no two different values, or no item with two ratings.
    """
    values = np.array([[np.nan if value is None else value for value in row] for row in ratings], dtype=float)
    shared = values[:, (~np.isnan(values)).sum(axis=0) >= 2]
    units = shared.shape[1]
    if units == 0 or len(np.unique(shared[~np.isnan(shared)])) < 2:
        return None, units
    return float(krippendorff.alpha(reliability_data=shared, level_of_measurement=level)), units
