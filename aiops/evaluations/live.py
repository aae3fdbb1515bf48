"""Golden sets and runs held against the live calls: what pages and reports say of it.

Nothing here has any effect on a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiops.core import figures
from aiops.core.figures import NBSP
from aiops.evaluations import comparable, mix, pairing, summaries
from aiops.evaluations.columns import EVERY, aligned
from aiops.evaluations.compare_words import interval
from aiops.evaluations.mix import LEAST_CALLS, Mix
from aiops.evaluations.pairing import Table
from aiops.evaluations.reweighting import Kind, Reweighted, reweighted
from aiops.evaluations.strata import strata
from aiops.evaluations.summary import averaged
from aiops.gateway import queries as gateway

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiops.datasets.models import Dataset, DatasetVersion
    from aiops.evaluations.columns import Columns, Floats
    from aiops.evaluations.mix import Folded
    from aiops.evaluations.models import Run, Verdict
    from aiops.features.models import Feature

DAYS = 28


@dataclass(frozen=True, slots=True)
class Live:
    """`total` and `change` are None below the least number of calls, and where there is nothing to weigh."""

    mix: Mix
    total: Reweighted | None = None
    change: Reweighted | None = None

    @property
    def collecting(self) -> str:
        """Such as "collecting, 63 of 100 live calls"; "" from the least number on."""
        return "" if self.mix.enough else f"collecting, {self.mix.calls} of {LEAST_CALLS} live calls"

    @property
    def sentence(self) -> str:
        """The total over live calls beside the plain one, and what has to be said with it; "" without one.

        "Re-weighted to the live mix of the last 28 days (41,230 calls): 78.1 % (75–81), plain 82.6 %. ..."
        """
        head = f"Re-weighted to the live mix of the last {self.mix.days} days"
        if self.collecting:
            return f"{head}: {self.collecting}."
        if self.total is None:
            return ""
        head = f"{head} ({self.mix.calls:,} calls)"
        if self.mix.folded.nothing:
            return f"{head}: no number, since cases and calls have neither categories nor locales in common."
        if self.total.interval is None:
            return f"{head}: no number. {self._covers}"
        change = (
            f"; against the baseline {shown(self.change)}" if self.change and self.change.interval else ""
        )
        effect = " This has no effect on the verdict." if change else ""
        return f"{head}: {shown(self.total)}{change}. {self._covers}{effect}"

    @property
    def is_share(self) -> bool:
        return self.total is not None and self.total.kind is Kind.SHARE

    @property
    def bounds(self) -> str:
        """Of the total: "75–81" per cent, or "0.75–0.81" of a mean; "" where there is none."""
        return bounds(self.total) if self.total else ""

    @property
    def _covers(self) -> str:
        total = self.total
        covered = figures.percent(total.covered, self.mix.calls) if total else figures.NONE
        return f"The {total.n if total else 0:,} judged cases cover {covered} of live calls."


def shown(one: Reweighted) -> str:
    """Such as "78.1 % (75–81), plain 82.6 %" or "−3.1 points (−5.0 to −1.2), plain −2.4"."""
    found = one.interval
    if found is None:
        return figures.NONE
    if one.kind is Kind.SHARE:
        mid, plain = (figures.percent(share, one.n) for share in (found.mid, one.plain))
        return f"{mid} ({bounds(one)}), plain {plain}"
    if one.kind is Kind.MEAN:
        return f"{found.mid:.3f} ({bounds(one)}), plain {one.plain:.3f}"
    low, mid, high, plain = (figures.points(each) for each in (found.low, found.mid, found.high, one.plain))
    return f"{mid}{NBSP}points ({low} to {high}), plain {plain}"


def bounds(one: Reweighted) -> str:
    """Of a share "75–81" per cent, of a mean "0.75–0.81"; "" where there is no interval."""
    found = one.interval
    if found is None:
        return ""
    return interval(found.low, found.high) if one.kind is Kind.SHARE else f"{found.low:.2f}–{found.high:.2f}"


def before(feature: Feature, cases: DatasetVersion | Dataset) -> Mix | None:
    """The mix of what is about to be run; None where the feature has no live calls, or there are no cases."""
    counts = {(category, locale): count for category, locale, count in cases.coverage}
    live = gateway.live_mix(feature.slug, DAYS) if counts else {}
    return mix.mixed(counts, live, DAYS) if live else None


def of_run(run: Run, columns: Columns, scorer: str = EVERY) -> Live | None:
    """`run` by `scorer`, as its page counts; None where the feature has no live calls."""
    found = _begun(run)
    if found is None or not found.mix.enough or scorer not in {EVERY, *columns.scorers}:
        return found
    return Live(found.mix, _total(found.mix.folded, columns, *_judged(columns, scorer)))


def of_table(table: Table, base: Run) -> list[Live] | None:
    """Each run of a comparison over the common cases, in its order; None without any live calls."""
    found = _begun(base)
    if found is None or not found.mix.enough:
        return None if found is None else [found for _ in table.runs]
    judged = [_judged(own, table.scorer, table.required) for own in table.columns]
    return [
        Live(found.mix, _total(found.mix.folded, own, *one))
        for own, one in zip(table.columns, judged, strict=True)
    ]


def of_verdict(verdict: Verdict) -> Live | None:
    """The candidate over the cases that both runs have an outcome of, and its change from the baseline."""
    found = _begun(verdict.candidate)
    if found is None or not found.mix.enough:
        return found
    runs = [verdict.candidate, verdict.baseline]
    policy = verdict.policy or comparable.default_policy(verdict.candidate.feature)
    both = aligned([one.columns for one in summaries.measured(runs)])
    if policy.deciding_scorer not in {EVERY, *both[0].scorers}:
        return found
    table = Table(runs, both, policy.deciding_scorer, policy)
    candidate = pairing.outcomes(both[0], table, errors_fail=True)
    change = candidate - pairing.outcomes(both[1], table, errors_fail=False)
    score = table.metric == "score"
    total, fall = (Kind.MEAN, Kind.MEAN_CHANGE) if score else (Kind.SHARE, Kind.SHARE_CHANGE)
    paired = candidate + 0 * change  # missing where either is
    folded = found.mix.folded
    return Live(found.mix, _total(folded, both[0], total, paired), _total(folded, both[0], fall, change))


def as_json(live: Live | None) -> dict[str, Any] | None:
    """For programs: shares and bounds in 0..1, changes in -1..1."""
    if live is None:
        return None
    return {
        "days": live.mix.days,
        "calls": live.mix.calls,
        "least_calls": LEAST_CALLS,
        "distance": live.mix.distance if live.mix.enough else None,
        "missing": [
            {"group": gap.name, "cases": gap.cases, "live_share": gap.live}
            for gap in (live.mix.gaps if live.mix.enough else ())
        ],
        "total": _reweighted_json(live.total),
        "change": _reweighted_json(live.change),
    }


def _reweighted_json(one: Reweighted | None) -> dict[str, Any] | None:
    if one is None:
        return None
    found = one.interval
    return {
        "kind": one.kind.value,
        "score": found.mid if found else None,
        "low": found.low if found else None,
        "high": found.high if found else None,
        "plain": one.plain,
        "n": one.n,
        "covered": one.covered,
    }


def _begun(run: Run) -> Live | None:
    """The mixes alone, in one question; None where the feature has no live calls, or there are no cases."""
    found = before(run.feature, run.dataset_version)
    return None if found is None else Live(found)


def _judged(columns: Columns, scorer: str, required: Sequence[str] = ()) -> tuple[Kind, Floats]:
    """Each case's share of passes where there is any, else its mean value."""
    import numpy as np  # noqa: PLC0415 - as above

    passed, value = averaged(columns, scorer, tuple(required))
    return (Kind.MEAN, value) if np.isnan(passed).all() else (Kind.SHARE, passed)


def _total(folded: Folded, columns: Columns, kind: Kind, values: Floats) -> Reweighted | None:
    return reweighted(kind, strata(folded, columns, values), folded.live)
