"""Runs over the cases that they share, paired and put before the gate. Quick enough for a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiops.evaluations.columns import ANSWERED, ERROR, EVERY, Columns
from aiops.evaluations.compare_words import Standing
from aiops.evaluations.models import GatePolicy, Run, Verdict
from aiops.evaluations.scorers import CHECKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiops.evaluations.columns import Bools, Floats
    from aiops.evaluations.gate.arrays import Pairs
    from aiops.evaluations.gate.cases import Demands, Metric
    from aiops.evaluations.gate.decision import Decision

PASS_AT = 0.5  # from here on a score counts as passed
_STANDINGS = {
    "must_pass": Standing.MUST_PASS,
    "missing_results": Standing.MISSING,
    "too_few_cases": Standing.FEW,
    "not_resolved": Standing.UNSURE,
    "within_margin": Standing.PASS,
}


@dataclass(frozen=True, slots=True)
class Table:
    """Runs by columns over their common cases, judged by `scorer` under `policy`."""

    runs: list[Run]
    columns: list[Columns]
    scorer: str
    policy: GatePolicy

    @property
    def metric(self) -> Metric:
        return "score" if all(one.only_values(self.scorer) for one in self.columns) else "binary"

    @property
    def required(self) -> tuple[str, ...]:
        """The scorers that have to judge where every scorer decides."""
        named = self.policy.required_scorers if self.scorer == EVERY else ()
        return tuple(name for name in named if all(name in one.scorers for one in self.columns))

    def of(self, run: Run) -> Columns:
        return next(own for one, own in zip(self.runs, self.columns, strict=True) if one.pk == run.pk)


@dataclass(frozen=True, slots=True)
class Against:
    """A candidate against a base. `decision` is None where only a worker can decide."""

    pairs: Pairs
    demands: Demands
    decision: Decision | None
    standing: Standing
    further: int | None


def shared_scorers(runs: Sequence[Run], columns: Sequence[Columns]) -> list[str]:
    """What all runs were judged by, in the same way; "" where all of it is the same."""
    names = [
        scorer["name"] for scorer in runs[0].scorers if all(scorer in other.scorers for other in runs[1:])
    ]
    every = all(run.scorers == runs[0].scorers for run in runs[1:])
    checked = all(CHECKS in one.scorers for one in columns)
    return [*([EVERY] if every else []), *names, *([CHECKS] if checked else [])]


def standings(table: Table, base: Run) -> dict[int, Against]:
    """Each run of the table against `base`, itself too, by the run's key."""
    verdicts = _verdicts(table, base)
    return {run.pk: _against(table, run, base, verdicts.get(run.pk)) for run in table.runs}


def outcomes(columns: Columns, table: Table, *, errors_fail: bool) -> Floats:
    """(n,): one value a case as the gate makes it: a majority, or a mean; NaN is missing."""
    import numpy as np  # noqa: PLC0415 - most processes of the console never need it

    answered = columns.state == ANSWERED
    failed = (columns.state == ERROR).sum(axis=1) if errors_fail else 0
    if table.metric == "score":
        values = np.where(answered, columns.values(table.scorer), np.nan)
        usable = (~np.isnan(values)).sum(axis=1) + failed
        return np.where(usable > 0, np.nansum(values, axis=1) / np.maximum(usable, 1), np.nan)
    passes = np.where(answered, columns.passes(table.scorer, table.required), -1)
    usable = (passes >= 0).sum(axis=1) + failed
    return np.where(usable > 0, 2 * (passes == 1).sum(axis=1) > usable, np.nan)


def _against(table: Table, run: Run, base: Run, verdict: Verdict | None) -> Against:
    from aiops.evaluations.gate import arrays  # noqa: PLC0415 - a second, which most processes never need

    demands = _demands(table)
    mine, theirs = table.of(run), table.of(base)
    candidate = outcomes(mine, table, errors_fail=True)
    pairs = arrays.Pairs(
        base=outcomes(theirs, table, errors_fail=False),
        cand=candidate,
        category=theirs.category,
        locale=theirs.locale,
        cluster=theirs.cluster,
        categories=theirs.categories,
        locales=theirs.locales,
        broken=_broken(mine, table, candidate),
    )
    decision = arrays.decide(pairs, demands)
    standing = _standing(run, base, decision, verdict)
    return Against(pairs, demands, decision, standing, _further(decision, demands))


def _broken(columns: Columns, table: Table, candidate: Floats) -> tuple[str, ...]:
    """Ids of the must-pass cases without a majority of passes."""
    import numpy as np  # noqa: PLC0415 - as above

    passing: Bools = candidate == 1
    if table.metric == "score":
        values = np.where(columns.state == ANSWERED, columns.values(table.scorer), np.nan)
        usable = (~np.isnan(values) | (columns.state == ERROR)).sum(axis=1)
        passing = 2 * (values >= PASS_AT).sum(axis=1) > usable
    return tuple(str(pk) for pk in columns.ids[columns.must_pass & ~passing])


def _standing(run: Run, base: Run, decision: Decision | None, verdict: Verdict | None) -> Standing:
    if run.pk == base.pk:
        return Standing.BEST
    if decision is not None:
        return _STANDINGS.get(decision.reason, Standing.BLOCK)
    return Standing.OPEN if verdict is None else _STANDINGS.get(verdict.reason, Standing.BLOCK)


def _further(decision: Decision | None, demands: Demands) -> int | None:
    from aiops.evaluations.gate import plan  # noqa: PLC0415 - as above

    if decision is None or decision.total is None:
        return None
    total = decision.total
    needed = plan.further_cases(total.n, total.fall, total.var, demands.margin)
    return None if needed is None else max(needed, demands.min_cases - total.n)


def _demands(table: Table) -> Demands:
    from aiops.evaluations.gate.cases import Demands  # noqa: PLC0415 - as above

    policy = table.policy
    return Demands(
        margin=policy.margin,
        alpha=policy.alpha,
        max_missing=policy.max_missing,
        min_cases=policy.min_cases,
        min_clusters=policy.min_clusters,
        min_category=policy.min_category,
        pass_at=PASS_AT,
        metric=table.metric,
    )


def _verdicts(table: Table, base: Run) -> Mapping[int, Verdict]:
    """What workers have decided by the policy in force, by candidate; it is about the policy's scorer."""
    if table.scorer != table.policy.deciding_scorer:
        return {}
    policy: Any = table.policy if table.policy.pk else None
    found = Verdict.objects.filter(candidate__in=table.runs, baseline=base, policy=policy)
    return {verdict.candidate_id: verdict for verdict in found.defer("decision")}
