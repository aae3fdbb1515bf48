"""From which score on the small model does as well, by category, and what that saves (STATISTICS h).

Pure: no clock, no database. A loss is large minus small where the small model is used, else 0; n are all
cases of the category. Money in USD.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aiops.evaluations.gate.bounds import all_equal_upper, binary_upper, mean_upper, z_of

Floats = NDArray[np.float64]
Reason = Literal["ok", "margin_not_met", "too_few_cases"]
MARGIN = 0.05
CONFIDENCE = 0.95
LEAST_CASES = 60
LEAST_SAMPLE = 30  # requests of a category before a saving is said
BOTH_SIDES = 0.975  # of a 95 % interval
GRID = tuple(place / 50 for place in range(1, 50))


@dataclass(frozen=True, slots=True)
class Loss:
    """What a group of cases loses with the small model from some score on; `upper` bounds it."""

    n: int
    loss: float
    upper: float
    routed_share: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """The small model from this score on; None: never, for the `reason`. `measured` is what holds there."""

    threshold: float | None
    reason: Reason
    n: int
    measured: Loss | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """Of a category's `requests`, a sample: what each saved (0: not routed) and what large would cost."""

    requests: int
    saving: Sequence[float]
    large_cost: Sequence[float]


@dataclass(frozen=True, slots=True)
class Savings:
    """USD, and the share of what large alone would cost, each with a 95 % interval."""

    saving: float
    low: float
    high: float
    share: float
    share_low: float
    share_high: float


def threshold(
    score: Floats,
    large: Floats,
    small: Floats,
    *,
    grid: Sequence[float] = GRID,
    margin: float = MARGIN,
    confidence: float = CONFIDENCE,
    least: int = LEAST_CASES,
) -> Threshold:
    """The lowest threshold of the grid that holds, walked from the top; arrays of shape (n,)."""
    n = len(score)
    if n < least:
        return Threshold(None, "too_few_cases", n)
    chosen: tuple[float, Loss] | None = None
    for at in sorted(grid, reverse=True):
        measured = loss_at(score >= at, large, small, confidence=confidence)
        if measured.upper >= margin:
            break
        chosen = at, measured
    if chosen is None:
        return Threshold(None, "margin_not_met", n)
    return Threshold(chosen[0], "ok", n, chosen[1])


def loss_at(
    routed: NDArray[np.bool_], large: Floats, small: Floats, *, confidence: float = CONFIDENCE
) -> Loss:
    """The loss over all cases, at least one, where the small model gets those that are `routed`."""
    losses = np.where(routed, large - small, 0.0)
    return Loss(len(losses), float(losses.mean()), loss_upper(losses, confidence), float(np.mean(routed)))


def loss_upper(losses: Floats, confidence: float) -> float:
    """The one-sided upper bound of the mean loss."""
    n, z = len(losses), z_of(confidence)
    if np.isin(losses, (-1.0, 0.0, 1.0)).all():
        return binary_upper(int((losses == 1).sum()), int((losses == -1).sum()), n, z)
    return max(mean_upper(losses, confidence), all_equal_upper(float(losses.mean()), n, z))


def savings(categories: Sequence[Sample]) -> Savings | None:
    """What routing saves of all requests; None while a sample is too small, or nothing is paid."""
    if not categories or any(len(one.saving) < LEAST_SAMPLE for one in categories):
        return None
    parts = [
        (one.requests, np.asarray(one.saving, dtype=float), np.asarray(one.large_cost, dtype=float))
        for one in categories
    ]
    total = math.fsum(requests * float(saved.mean()) for requests, saved, _ in parts)
    whole = math.fsum(requests * float(cost.mean()) for requests, _, cost in parts)
    if not whole:
        return None
    share = total / whole
    half = z_of(BOTH_SIDES) * math.sqrt(
        math.fsum(requests**2 * float(saved.var(ddof=1)) / len(saved) for requests, saved, _ in parts)
    )
    residual = math.fsum(
        requests**2 * float((saved - share * cost).var(ddof=1)) / len(saved)
        for requests, saved, cost in parts
    )
    near = z_of(BOTH_SIDES) * math.sqrt(residual) / whole
    return Savings(total, total - half, total + half, share, share - near, share + near)
