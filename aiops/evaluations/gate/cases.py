"""What the gate compares: cases with the outcomes of both sides, and a feature's demands."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = float | Literal["error"] | None
Metric = Literal["binary", "score"]


@dataclass(frozen=True, slots=True)
class PairedCase:
    """One case: K repeats a side; 0/1 or a score 0..1, "error" where the run failed, None for no result."""

    base: tuple[Outcome, ...]
    cand: tuple[Outcome, ...]
    category: str = ""
    locale: str = ""
    cluster: str | None = None
    must_pass: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Demands:
    """What a feature asks of a candidate. Shares in 0..1; from `pass_at` on a score counts as passed."""

    margin: float = 0.05
    alpha: float = 0.05
    max_missing: float = 0.02
    min_cases: int = 30
    min_clusters: int = 10
    min_category: int = 20
    pass_at: float = 0.5
    metric: Metric = "binary"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """A case with results on both sides, reduced to one value a side."""

    case: PairedCase
    base: float
    cand: float

    @property
    def fall(self) -> float:
        return self.base - self.cand


def pair_up(cases: Sequence[PairedCase], demands: Demands) -> list[Pair]:
    """The cases with a usable result on both sides. A candidate's error is a fail, a base's is missing."""
    pairs = []
    for case in cases:
        base = _side(usable(case.base, errors_fail=False), demands)
        cand = _side(usable(case.cand, errors_fail=True), demands)
        if base is not None and cand is not None:
            pairs.append(Pair(case, base, cand))
    return pairs


def must_pass_failed(case: PairedCase, demands: Demands) -> bool:
    """Whether a must-pass case's candidate lacks a majority of passes, whatever the base did."""
    return case.must_pass and not _majority(usable(case.cand, errors_fail=True), demands.pass_at)


def usable(outcomes: Sequence[Outcome], *, errors_fail: bool) -> list[float]:
    """The repeats that count; null and NaN are missing, an error is a fail or missing."""
    values = (0.0 if value == "error" and errors_fail else value for value in outcomes)
    return [float(value) for value in values if isinstance(value, (int, float)) and not math.isnan(value)]


def _side(values: list[float], demands: Demands) -> float | None:
    """One value for a side: majority (a tie fails) or mean; None where no repeat is usable."""
    if not values:
        return None
    if demands.metric == "score":
        return sum(values) / len(values)
    return float(_majority(values, demands.pass_at))


def _majority(values: list[float], pass_at: float) -> bool:
    return 2 * sum(value >= pass_at for value in values) > len(values)
