"""The true pass rate from few human grades and many verdicts of a judge (pure; statistics e).

The judge's verdicts only make strata, so the rate is right whatever the judge is worth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

MINIMUM_GRADES = 20
DRAWS = 100_000


@dataclass(frozen=True, slots=True)
class Stratum:
    """Items with the same chance of being graded: `judged` in all, `graded` by people, `passed` of these.

    No whole numbers where grades were drawn with unequal chances, and are worth fewer (`anchored_scores`).
    """

    judged: float
    graded: float
    passed: float


@dataclass(frozen=True, slots=True)
class PassRate:
    """`state`: measured, humans_only, or collecting (then without figures)."""

    state: str
    graded: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None


def true_pass_rate(
    strata: Sequence[Stratum], *, seed: int, grades: int | None = None, draws: int | None = None
) -> PassRate:
    """The rate with its 95 % interval, by draws from `seed`; one stratum alone is plain Jeffreys.

    `grades`: how many there are, where they are worth fewer. `draws`: fewer than usual, for a line's points.
    """
    count = int(sum(stratum.graded for stratum in strata)) if grades is None else grades
    if count < MINIMUM_GRADES:
        return PassRate("collecting", count)
    held = [stratum for stratum in strata if stratum.judged or stratum.graded]
    state = "measured" if any(stratum.judged for stratum in held) else "humans_only"
    if state == "humans_only" or len(held) == 1:
        worth = sum(stratum.graded for stratum in held)
        return _jeffreys(state, sum(stratum.passed for stratum in held), worth, count)
    low, high = np.quantile(drawn(held, seed, draws), [0.025, 0.975])
    return PassRate(state, count, expected(held), float(low), float(high))


def _jeffreys(state: str, passed: float, worth: float, grades: int) -> PassRate:
    a, b = passed + 0.5, worth - passed + 0.5
    low, high = beta.ppf([0.025, 0.975], a, b)
    return PassRate(state, grades, a / (a + b), float(low), float(high))


def expected(strata: Sequence[Stratum]) -> float:
    """The mean of the draws, in closed form."""
    whole = sum(stratum.judged for stratum in strata) + len(strata) / 2
    return sum((s.judged + 0.5) / whole * (s.passed + 0.5) / (s.graded + 1) for s in strata)


def drawn(strata: Sequence[Stratum], seed: int, draws: int | None = None) -> NDArray[np.float64]:
    """Draws of the rate, from which intervals are, of differences too; DRAWS of them as a rule."""
    draw, count = np.random.default_rng(seed), draws or DRAWS
    weights = draw.dirichlet([s.judged + 0.5 for s in strata], count)
    rates = np.column_stack([draw.beta(s.passed + 0.5, s.graded - s.passed + 0.5, count) for s in strata])
    found: NDArray[np.float64] = (weights * rates).sum(axis=1)
    return found
