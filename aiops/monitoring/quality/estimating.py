"""The pass rate of live answers from evidence (pure). Loads scipy: for workers and commands only.

The judge's verdicts make the strata, one for each judge and verdict; what share of the calls each has comes
from the calls that were judged at random. Inside a stratum people saw calls with unequal chances, so that
grades count with 1/π there, and are worth as many as would vary as much (Hájek). Categories and locales that
are judged more or less often than they are asked count as often as they are asked.
"""

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from aiops.evaluations.anchored_scores import weighted, weighted_pass_rate
from aiops.evaluations.anchoring import (
    MINIMUM_GRADES,
    PassRate,
    Stratum,
    drawn,
    expected,
    true_pass_rate,
)
from aiops.evaluations.mix import Group, fold
from aiops.evaluations.statistics import wilson
from aiops.evaluations.trust import JudgeTrust, judge_trust
from aiops.monitoring.quality.samples import Evidence, Human, Verdicts

MOST = 5.0  # times that a group may count more, or less, than its calls
Key = tuple[str, bool]  # judge, verdict


@dataclass(frozen=True, slots=True)
class Weights:
    """How much a call of a group counts; `covered`: the share of live calls whose groups were judged."""

    factors: Mapping[Group, float] = field(default_factory=dict)
    group: Any = None  # from category and locale to the group, None: all count alike
    covered: float | None = None
    calls: int = 0

    def of(self, one: Verdicts | Human) -> float:
        return self.factors.get(self.group(one.category, one.locale), 1.0) if self.group else 1.0


ALIKE = Weights()


def weights(verdicts: Sequence[Verdicts], live: Mapping[Group, int]) -> Weights:
    """Weights that make the judged calls as mixed as the `live` ones."""
    judged: defaultdict[Group, int] = defaultdict(int)
    for one in verdicts:
        judged[one.category, one.locale] += one.n
    if not judged or not sum(live.values()):
        return ALIKE
    folded = fold(judged, live)
    if folded.nothing:
        return Weights(calls=sum(live.values()))
    own: defaultdict[Group, float] = defaultdict(float)
    for one in verdicts:
        own[folded.group(one.category, one.locale)] += one.n / one.chance
    reached = sum(folded.live.get(group, 0) for group in own)
    if not reached:
        return Weights(calls=sum(live.values()), covered=0.0)
    total = sum(own.values())
    factors = {
        group: _factor((folded.live.get(group, 0) / reached) / (weight / total))
        for group, weight in own.items()
    }
    calls = sum(folded.live.values())
    return Weights(factors, folded.group, reached / calls, calls)


def _factor(wanted: float) -> float:
    """A group that nobody asks for any more counts for nothing; no other is blown up beyond its evidence."""
    return min(MOST, max(1 / MOST, wanted)) if wanted else 0.0


def figure(
    seen: Evidence, name: str, live: Mapping[Group, int] | None = None, *, draws: int | None = None
) -> dict[str, Any]:
    """The rate with its interval and all that has to be said with it; the draws' seed comes from `name`."""
    by = weights(seen.verdicts, live) if live else ALIKE
    seed = seed_of(name)
    anchored = [one for one in seen.humans if one.judge is not None]
    strata = _strata(seen.verdicts, anchored, by)
    if sum(one.judged for one in strata) and len(anchored) >= MINIMUM_GRADES:
        rate = true_pass_rate(strata, seed=seed, grades=len(anchored), draws=draws)
        plain = expected(_strata(seen.verdicts, anchored, ALIKE)) if by.group else None
        left_out = len(seen.humans) - len(anchored)
    else:  # too few with a verdict: people alone
        rate = weighted_pass_rate([one.passed for one in seen.humans], [one.chance for one in seen.humans])
        plain, left_out = None, 0
    return {
        **_rate(rate),
        **judge_alone(seen.verdicts, by),
        "plain": plain,
        "left_out": left_out,
        "covered": by.covered,
        "calls": by.calls,
        "seed": seed,
    }


def _rate(rate: PassRate) -> dict[str, Any]:
    return {
        "state": rate.state,
        "graded": rate.graded,
        "needed": MINIMUM_GRADES,
        "mean": rate.mean,
        "low": rate.low,
        "high": rate.high,
    }


def _strata(verdicts: Sequence[Verdicts], humans: Sequence[Human], by: Weights) -> list[Stratum]:
    """One for each judge and verdict, as many calls in all as were judged, weighted."""
    judged: defaultdict[Key, list[tuple[float, int]]] = defaultdict(list)
    for one in verdicts:
        judged[one.digest, one.passed].append((by.of(one) / one.chance, one.n))
    graded: defaultdict[Key, list[Human]] = defaultdict(list)
    for human in humans:
        if human.judge is not None and by.of(human):
            graded[human.judge].append(human)
    total = sum(weight * n for rows in judged.values() for weight, n in rows)
    worth = _worth([row for rows in judged.values() for row in rows])
    found = []
    for key in sorted({*judged, *graded}):
        share = sum(weight * n for weight, n in judged[key]) / total if total else 0.0
        grades = weighted(
            [human.passed for human in graded[key]],
            [human.chance / by.of(human) for human in graded[key]],
        )
        found.append(
            Stratum(share * worth, grades.worth if grades else 0.0, grades.passes if grades else 0.0)
        )
    return found


def _worth(rows: Sequence[tuple[float, int]]) -> float:
    """As many calls judged alike as vary as much."""
    total, squares = sum(weight * n for weight, n in rows), sum(weight**2 * n for weight, n in rows)
    return total**2 / squares if squares else 0.0


def judge_alone(verdicts: Sequence[Verdicts], by: Weights = ALIKE) -> dict[str, Any]:
    """What the judge says, with a 95 % interval that knows nothing of its faults."""
    rows = [(by.of(one) / one.chance, one.n) for one in verdicts]
    passed = sum(weight * one.n for (weight, _), one in zip(rows, verdicts, strict=True) if one.passed)
    total, n = sum(weight * count for weight, count in rows), sum(one.n for one in verdicts)
    found = wilson(passed / total * _worth(rows), _worth(rows)) if total else None
    return {
        "judged": n,
        "judge": found.mid if found else None,
        "judge_low": found.low if found else None,
        "judge_high": found.high if found else None,
    }


def difference(one: Evidence, other: Evidence, name: str) -> dict[str, Any]:
    """How much worse `one` is than `other`, by people and by the judge alone; positive is a loss.

    `other` counts by category and locale as `one` is mixed, or it would be the mix that is compared.
    """
    mixed: defaultdict[Group, int] = defaultdict(int)
    for verdict in one.verdicts:
        mixed[verdict.category, verdict.locale] += verdict.n
    by = weights(other.verdicts, mixed)
    candidate, control = _anchored(one, ALIKE), _anchored(other, by)
    counts = {"graded": _grades(one), "graded_control": _grades(other), "needed": MINIMUM_GRADES}
    found: dict[str, Any] = {**counts, "state": "collecting", **_judges_difference(one, other, by)}
    if candidate is None or control is None:
        return found
    falls = drawn(control, seed_of(f"{name} control")) - drawn(candidate, seed_of(name))
    low, high = np.quantile(falls, [0.025, 0.975])
    loss = expected(control) - expected(candidate)
    return {**found, "state": "measured", "loss": loss, "low": float(low), "high": float(high)}


def _grades(seen: Evidence) -> int:
    return sum(one.judge is not None for one in seen.humans)


def _anchored(seen: Evidence, by: Weights) -> list[Stratum] | None:
    if _grades(seen) < MINIMUM_GRADES or not seen.verdicts:
        return None
    found = [one for one in _strata(seen.verdicts, seen.humans, by) if one.judged or one.graded]
    return found or None


def _judges_difference(one: Evidence, other: Evidence, by: Weights) -> dict[str, Any]:
    candidate, control = judge_alone(one.verdicts), judge_alone(other.verdicts, by)
    known = candidate["judge"] is not None and control["judge"] is not None
    return {
        "judged": candidate["judged"],
        "judged_control": control["judged"],
        "judge_loss": control["judge"] - candidate["judge"] if known else None,
    }


def trust(seen: Evidence, digest: str) -> JudgeTrust:
    """What the judge `digest` is worth, by grades that were drawn at random."""
    verdicts = [one for one in seen.verdicts if one.digest == digest]
    humans = [one for one in seen.humans if one.judge is not None and one.judge[0] == digest]
    cells = {
        (human, judge): sum(
            one.passed is human and one.judge is not None and one.judge[1] is judge
            for one in humans
            if one.is_random
        )
        for human in (True, False)
        for judge in (True, False)
    }
    alone = judge_alone(verdicts)["judge"]
    strata = _strata(verdicts, humans, ALIKE)
    bias = alone - expected(strata) if alone is not None and len(humans) >= MINIMUM_GRADES else 0.0
    return judge_trust(
        human_fail_judge_fail=cells[False, False],
        human_fail_judge_pass=cells[False, True],
        human_pass_judge_pass=cells[True, True],
        human_pass_judge_fail=cells[True, False],
        bias=bias,
    )


def seed_of(name: str) -> int:
    return zlib.crc32(name.encode())
