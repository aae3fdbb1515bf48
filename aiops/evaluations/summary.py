"""A run in figures: per scorer, in total and per category and locale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiops.evaluations import columns, statistics
from aiops.evaluations.columns import EVERY, Columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiops.evaluations.columns import Bools, Floats, Ints
    from aiops.evaluations.models import Run
    from aiops.evaluations.statistics import Interval

__all__ = ["EVERY", "Figure", "Summary", "averaged", "figures", "summarise", "tabulate"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One scorer over a group of cases. `missing` cases have no score: an error, or nothing to judge by."""

    cases: int
    n: int
    passed: float | None  # how many of n, repeats averaged; None where the scorer only gives values
    share: Interval | None
    mean: Interval | None
    mean_n: int

    @property
    def missing(self) -> int:
        return self.cases - max(self.n, self.mean_n)

    @property
    def enough(self) -> bool:
        return statistics.enough(max(self.n, self.mean_n))

    @property
    def shown(self) -> Interval | None:
        """The share of passes where there is one, else the mean."""
        return self.share or self.mean

    @property
    def shown_n(self) -> int:
        return self.n if self.share else self.mean_n


@dataclass(frozen=True, slots=True)
class Summary:
    """`totals` by scorer; the tables by scorer, then by the group's name. The scorer "" means every one
    passes.
    """

    totals: Mapping[str, Figure]
    by_category: Mapping[str, Mapping[str, Figure]]
    by_locale: Mapping[str, Mapping[str, Figure]]


def summarise(run: Run) -> Summary:
    """All figures of `run` as its results stand now."""
    return tabulate(columns.read(run))


def tabulate(run: Columns) -> Summary:
    """All figures of a run. First a case's repeats become one figure, then cases are counted."""
    asked = run.asked
    names = [EVERY, *run.scorers] if asked.any() else []
    judged = {name: averaged(run, name) for name in names}

    def table(groups: list[str], number: Ints) -> dict[str, dict[str, Figure]]:
        return {name: figures(*judged[name], groups=groups, number=number, counted=asked) for name in names}

    whole = table([""], run.category * 0)
    totals = {name: rows[""] for name, rows in whole.items()}
    by_category, by_locale = table(run.categories, run.category), table(run.locales, run.locale)
    return Summary(totals, _sorted(by_category), _sorted(by_locale))


def averaged(run: Columns, scorer: str, required: tuple[str, ...] = ()) -> tuple[Floats, Floats]:
    """Each case's share of passes and mean value over its repeats, (n,) each; NaN is missing."""
    import numpy as np  # noqa: PLC0415 - most processes of the console never need it

    passed = run.passes(scorer, required)
    return mean_of(np.where(passed < 0, np.nan, passed)), mean_of(run.values(scorer))


def mean_of(cells: Floats) -> Floats:
    """The mean of each row's numbers; NaN where it has none."""
    import numpy as np  # noqa: PLC0415 - as above

    there = ~np.isnan(cells)
    count = there.sum(axis=1)
    total = np.where(there, cells, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def figures(
    passed: Floats, value: Floats, *, groups: list[str], number: Ints, counted: Bools
) -> dict[str, Figure]:
    """A figure for each of `groups` that has a case among the `counted`; `number` (n,) says whose it is."""
    import numpy as np  # noqa: PLC0415 - as above

    size = len(groups)

    def total(of: Bools, weights: Floats | None = None) -> Floats:
        given = of[of].astype(float) if weights is None else weights[of]
        summed: Floats = np.bincount(number[of], weights=given, minlength=size).astype(np.float64)
        return summed

    judged, valued = counted & ~np.isnan(passed), counted & ~np.isnan(value)
    cases, n, n_value = total(counted), total(judged), total(valued)
    passes = total(judged, passed)
    mean = total(valued, value) / np.maximum(n_value, 1)
    squares = total(valued, (value - mean[number]) ** 2)
    return {
        name: _figure(
            int(cases[place]),
            int(n[place]),
            float(passes[place]),
            int(n_value[place]),
            float(mean[place]),
            float(squares[place]),
        )
        for place, name in enumerate(groups)
        if cases[place]
    }


def _figure(cases: int, n: int, passes: float, n_value: int, mean: float, squares: float) -> Figure:
    """`squares` is the sum of the values' squared distances from their mean."""
    deviation = (squares / (n_value - 1)) ** 0.5 if n_value > 1 else None
    return Figure(
        cases=cases,
        n=n,
        passed=passes if n else None,
        share=statistics.wilson(passes, n) if n else None,
        mean=statistics.mean_interval(mean, deviation, n_value) if n_value else None,
        mean_n=n_value,
    )


def _sorted(table: dict[str, dict[str, Figure]]) -> dict[str, dict[str, Figure]]:
    """Groups with the lowest figure first: what is broken stands on top; those too small to tell stand
    last.
    """

    def place(entry: tuple[str, Figure]) -> tuple[bool, float, str]:
        shown = entry[1].shown
        return (not entry[1].enough, shown.mid if shown else 2.0, entry[0])

    return {scorer: dict(sorted(groups.items(), key=place)) for scorer, groups in table.items()}
