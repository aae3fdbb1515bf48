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
from aiops.evaluations.mix import LEAST_CALLS, Mix
from aiops.evaluations.pairing import Table
from aiops.evaluations.reweighting import Kind, Reweighted, Stratum, reweighted
from aiops.evaluations.summary import averaged
from aiops.gateway import queries as gateway

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiops.datasets.models import Dataset, DatasetVersion
    from aiops.evaluations.columns import Columns, Floats, Ints
    from aiops.evaluations.mix import Folded, Group
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
        """ "collecting, 63 of 100 live calls"; "" from the least number on."""
        return "" if self.mix.enough else f"collecting, {self.mix.calls} of {LEAST_CALLS} live calls"

    @property
    def sentence(self) -> str:
        """ "Re-weighted to the live mix of the last 28 days (41,230 calls): 78.1 % (75 to 81), plain 82.6 %."
        and what has to be said with it; "" where there is nothing to weigh.
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
        change = f"; against the baseline {shown(self.change)}" if self.change and self.change.interval else ""
        effect = " This has no effect on the verdict." if change else ""
        return f"{head}: {shown(self.total)}{change}. {self._covers}{effect}"

    @property
    def _covers(self) -> str:
        total = self.total
        covered = figures.percent(total.covered, self.mix.calls) if total else figures.NONE
        return f"The {total.n if total else 0:,} judged cases cover {covered} of live calls."


def shown(one: Reweighted) -> str:
    """ "78.1 % (75–81), plain 82.6 %", "−3.1 points (−5.0 to −1.2), plain −2.4", or means "0.81 (0.78–0.84), …"."""
    found = one.interval
    if found is None:
        return figures.NONE
    if one.kind is Kind.SHARE:
        low, high = (f"{100 * bound:.0f}" for bound in (found.low, found.high))
        mid, plain = (figures.percent(share, one.n) for share in (found.mid, one.plain))
        return f"{mid} ({low}–{high}), plain {plain}"
    if one.kind is Kind.MEAN:
        return f"{found.mid:.3f} ({found.low:.2f}–{found.high:.2f}), plain {one.plain:.3f}"
    low, mid, high, plain = (figures.points(each) for each in (found.low, found.mid, found.high, one.plain))
    return f"{mid}{NBSP}points ({low} to {high}), plain {plain}"


def before(feature: Feature, cases: DatasetVersion | Dataset) -> Mix | None:
    """The mix of what is about to be run; None where the feature has no live calls, or there are no cases."""
    counts = {(category, locale): count for category, locale, count in cases.coverage}
    live = gateway.live_mix(feature.slug, DAYS) if counts else {}
    return mix.mixed(counts, live, DAYS) if live else None


def of_run(run: Run, columns: Columns, scorer: str = EVERY) -> Live | None:
    """`run` by `scorer`, as its page counts; None where the feature has no live calls or the run no case."""
    found = _begun(run.feature, columns)
    if found is None or not found.mix.enough or scorer not in {EVERY, *columns.scorers}:
        return found
    return Live(found.mix, _total(found.mix.folded, columns, *_judged(columns, scorer)))


def of_table(table: Table, base: Run) -> list[Live] | None:
    """Each run of a comparison over the common cases, in its order, by the live calls of the base's feature."""
    found = _begun(base.feature, table.columns[0])
    if found is None:
        return None
    if not found.mix.enough:
        return [found for _ in table.runs]
    folded = found.mix.folded
    return [
        Live(found.mix, _total(folded, own, *_judged(own, table.scorer, table.required))) for own in table.columns
    ]


def of_verdict(verdict: Verdict) -> Live | None:
    """The candidate over the cases that both runs have an outcome of, and its change from the baseline."""
    runs = [verdict.candidate, verdict.baseline]
    live = gateway.live_mix(verdict.candidate.feature.slug, DAYS)
    if not live:
        return None
    policy = verdict.policy or comparable.default_policy(verdict.candidate.feature)
    both = aligned([one.columns for one in summaries.measured(runs)])
    found = _begun(verdict.candidate.feature, both[0], live)
    scorers = {EVERY, *both[0].scorers}
    if found is None or not found.mix.enough or policy.deciding_scorer not in scorers:
        return found
    table = Table(runs, both, policy.deciding_scorer, policy)
    candidate = pairing.outcomes(both[0], table, errors_fail=True)
    change = candidate - pairing.outcomes(both[1], table, errors_fail=False)
    paired = candidate + 0 * change  # missing where either is
    score = table.metric == "score"
    return Live(
        found.mix,
        _total(found.mix.folded, both[0], Kind.MEAN if score else Kind.SHARE, paired),
        _total(found.mix.folded, both[0], Kind.MEAN_CHANGE if score else Kind.SHARE_CHANGE, change),
    )


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
    bounds = one.interval
    return {
        "kind": one.kind.value,
        "score": bounds.mid if bounds else None,
        "low": bounds.low if bounds else None,
        "high": bounds.high if bounds else None,
        "plain": one.plain,
        "n": one.n,
        "covered": one.covered,
    }


def _begun(feature: Feature, columns: Columns, live: Mapping[Group, int] | None = None) -> Live | None:
    """The mixes alone; one question, where `live` is not there yet."""
    import numpy as np  # noqa: PLC0415 - most processes of the console never need it

    calls = gateway.live_mix(feature.slug, DAYS) if live is None else live
    if not calls or not len(columns.ids):
        return None
    pairs, counts = np.unique(np.stack([columns.category, columns.locale]), axis=1, return_counts=True)
    own = {
        (columns.categories[category], columns.locales[locale]): int(count)
        for (category, locale), count in zip(pairs.T, counts, strict=True)
    }
    return Live(mix.mixed(own, calls, DAYS))


def _judged(columns: Columns, scorer: str, required: Sequence[str] = ()) -> tuple[Kind, Floats]:
    """Each case's share of passes where there is any, else its mean value."""
    import numpy as np  # noqa: PLC0415 - as above

    passed, value = averaged(columns, scorer, tuple(required))
    return (Kind.MEAN, value) if np.isnan(passed).all() else (Kind.SHARE, passed)


def _total(folded: Folded, columns: Columns, kind: Kind, values: Floats) -> Reweighted | None:
    return reweighted(kind, strata(folded, columns, values), folded.live)


def strata(folded: Folded, columns: Columns, values: Floats) -> dict[Group, Stratum]:
    """`values` (n,) of the cases by group, NaN left out; cases of one cluster vary together."""
    import numpy as np  # noqa: PLC0415 - as above

    names: dict[Group, int] = {}
    cells = np.array(
        [
            [names.setdefault(folded.group(category, locale), len(names)) for locale in columns.locales]
            for category in columns.categories
        ]
    )
    number = np.where(np.isnan(values), -1, cells[columns.category, columns.locale])
    found = {group: number == place for group, place in names.items()}
    return {
        group: _stratum(values[there], columns.cluster[there]) for group, there in found.items() if there.any()
    }


def _stratum(values: Floats, cluster: Ints) -> Stratum:
    import numpy as np  # noqa: PLC0415 - as above

    n, mean = len(values), float(values.mean())
    own = np.where(cluster < 0, -1 - np.arange(n), cluster)  # each case without one is its own
    known, which = np.unique(own, return_inverse=True)
    sums = np.bincount(which, weights=values - mean)
    many = len(known)
    variance = float((sums**2).sum()) * many / (many - 1) / n if many > 1 else 0.0
    return Stratum(n, mean, variance, alone=many == 1)
