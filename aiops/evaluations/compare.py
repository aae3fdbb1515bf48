"""Up to five runs side by side, over the cases that they share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiops.evaluations import comparable, naming, pairing
from aiops.evaluations.columns import EVERY, aligned
from aiops.evaluations.compare_words import Contender, Standing, interval
from aiops.evaluations.models import GatePolicy, Run
from aiops.evaluations.pairing import Against, Table
from aiops.evaluations.statistics import Interval
from aiops.evaluations.summary import Figure, averaged, figures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiops.evaluations.columns import Ints
    from aiops.evaluations.gate.groups import Group
    from aiops.evaluations.summaries import Measured

MOST = 5  # runs side by side
NOTHING = Interval(0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Cell:
    """A run's figure in one row, and how it differs from the base's (`fall` and its bounds are the gate's).

    `state` is what the gate says of the group: "pass", "block", "unsure", "" where nothing was tested.
    """

    figure: Figure | None
    difference: Group | None = None
    state: str = ""

    @property
    def bounds(self) -> str:
        """Of the figure: "84–89" per cent, or "0.84–0.89" of a mean."""
        shown = self.figure.shown if self.figure else None
        if self.figure is None or shown is None:
            return ""
        return interval(shown.low, shown.high) if self.figure.share else f"{shown.low:.2f}–{shown.high:.2f}"

    @property
    def rise(self) -> float | None:
        """Candidate minus base, negative is worse."""
        return None if self.difference is None else -self.difference.fall

    @property
    def rise_low(self) -> float | None:
        return None if self.difference is None else -self.difference.high

    @property
    def rise_high(self) -> float | None:
        return None if self.difference is None else -self.difference.low


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    cells: list[Cell]
    is_judge: bool = False


@dataclass(frozen=True, slots=True)
class Percentile:
    """`ms` is None where `n` measurements are fewer than the `least` that it needs (statistics j)."""

    ms: float | None
    n: int
    least: int


@dataclass(frozen=True, slots=True)
class Side:
    """One run: a column. `standing` is against the base; BEST there is the base itself."""

    run: Run
    name: str
    total: Cell
    standing: Standing
    per_thousand: Decimal | None
    p50: Percentile
    p95: Percentile


@dataclass(frozen=True, slots=True)
class Comparison:
    """`scorer` is "" for every scorer, None where the runs share none; all runs have the `cases`, the largest
    of their datasets has `most_cases`. `table` is None where they share nothing.
    """

    base: Run
    table: Table | None
    scorer: str | None
    scorers: list[str]
    cases: int
    most_cases: int
    policy: GatePolicy
    sides: list[Side]
    by_scorer: list[Row]
    by_category: list[Row]
    by_locale: list[Row]
    contenders: list[Contender]


def compared(measured: Sequence[Measured], base: Run, asked: str | None = None) -> Comparison:
    """`measured` runs against `base`, one of them, by the scorer `asked` for, else by the policy's."""
    runs = [one.run for one in measured]
    table, names = table_of(measured, base, asked)
    found = Comparison(
        base=base,
        table=table,
        scorer=table.scorer if table else None,
        scorers=names,
        cases=len(table.columns[0].ids) if table else len(aligned([one.columns for one in measured])[0].ids),
        most_cases=max(len(one.columns.ids) for one in measured),
        policy=policy_for(base),
        sides=[_side(one, name) for one, name in zip(measured, names_of(runs), strict=True)],
        by_scorer=[],
        by_category=[],
        by_locale=[],
        contenders=[],
    )
    return found if table is None else _filled(found, table)


def table_of(measured: Sequence[Measured], base: Run, asked: str | None) -> tuple[Table | None, list[str]]:
    """The runs over their common cases, and the scorers that they share; None where they share nothing."""
    runs = [one.run for one in measured]
    columns = aligned([one.columns for one in measured])
    policy = policy_for(base)
    names = pairing.shared_scorers(runs, columns)
    scorer = chosen_scorer(names, asked, policy) if len(columns[0].ids) else None
    return None if scorer is None else Table(runs, columns, scorer, policy), names


def policy_for(base: Run) -> GatePolicy:
    """The policy in force for the feature of `base`."""
    return comparable.policy_of(base.feature) or comparable.default_policy(base.feature)


def chosen_scorer(names: Sequence[str], asked: str | None, policy: GatePolicy) -> str | None:
    """The one asked for, the policy's, every scorer, or the first; None where there is none."""
    wanted = (asked, policy.deciding_scorer, EVERY, *names)
    return next((name for name in wanted if name in names), None)


def _filled(found: Comparison, table: Table) -> Comparison:
    against = pairing.standings(table, found.base)
    first = table.columns[0]
    total = _rows(table, against, [""], first.category * 0, found.base)[0]
    sides = [
        replace(side, total=cell, standing=against[side.run.pk].standing)
        for side, cell in zip(found.sides, total.cells, strict=True)
    ]
    return replace(
        found,
        sides=sides,
        by_scorer=_scorers(table, found.scorers),
        by_category=_rows(table, against, first.categories, first.category, found.base, "category"),
        by_locale=_rows(table, against, first.locales, first.locale, found.base, "locale"),
        contenders=_contenders(table, sides, found.base, against),
    )


def _rows(
    table: Table,
    against: Mapping[int, Against],
    names: list[str],
    number: Ints,
    base: Run,
    kind: str = "",
) -> list[Row]:
    """A row for each group, the one with the lowest figure of the base first; none for one unnamed group."""
    from aiops.evaluations.gate import arrays  # noqa: PLC0415 - a second, which most processes never need

    if kind and not any(names):
        return []
    counted = number >= 0
    columns: dict[int, dict[str, Cell]] = {}
    for run, own in zip(table.runs, table.columns, strict=True):
        shown = figures(
            *averaged(own, table.scorer, table.required), groups=names, number=number, counted=counted
        )
        mine = against[run.pk]
        apart = {} if run.pk == base.pk else arrays.by_group(mine.pairs, number, names, mine.demands)
        columns[run.pk] = {
            name: Cell(figure, apart.get(name), _state(mine, kind, name, apart.get(name)))
            for name, figure in shown.items()
        }
    order = sorted(columns[base.pk], key=lambda name: _place(name, columns[base.pk][name]))
    return [Row(name, [columns[run.pk][name] for run in table.runs]) for name in order]


def _state(mine: Against, kind: str, name: str, group: Group | None) -> str:
    """By the gate's own test, corrected for the number of groups; a group that it left out has none."""
    if mine.decision is None or group is None:
        return ""
    tested = {"category": mine.decision.categories, "locale": mine.decision.locales}.get(kind)
    if tested is not None:
        if name not in tested:
            return ""
        group = tested[name]
    if (group.p if group.p_holm is None else group.p_holm) <= mine.demands.alpha:
        return "block"
    return "pass" if group.upper < mine.demands.margin else "unsure"


def _place(name: str, cell: Cell) -> tuple[bool, float, str]:
    figure = cell.figure
    shown = figure.shown if figure else None
    return (figure is None or not figure.enough, shown.mid if shown else 2.0, name)


def _scorers(table: Table, names: Sequence[str]) -> list[Row]:
    """Each scorer that all runs share, judges too."""
    nothing = table.columns[0].category * 0
    judges = {entry["name"] for entry in table.runs[0].scorers if entry["type"] == "judge"}
    return [
        Row(
            name,
            [
                Cell(figures(*averaged(own, name), groups=[""], number=nothing, counted=nothing == 0)[""])
                for own in table.columns
            ],
            is_judge=name in judges,
        )
        for name in names
        if name != EVERY
    ]


def _contenders(
    table: Table, sides: Sequence[Side], base: Run, against: Mapping[int, Against]
) -> list[Contender]:
    """The finished runs that have a figure and a cost, against the best of them."""
    fit = [side for side in sides if side.run.state == Run.State.FINISHED and _shown(side) is not None]
    fit = [side for side in fit if side.per_thousand is not None]
    if not fit:
        return []
    best = max(fit, key=lambda side: ((_shown(side) or NOTHING).mid, -(side.per_thousand or 0)))
    if best.run.pk != base.pk:
        against = pairing.standings(table, best.run)
    return [_contender(side, against[side.run.pk]) for side in fit]


def _contender(side: Side, against: Against) -> Contender:
    figure = side.total.figure
    shown = _shown(side)
    if figure is None or shown is None or side.per_thousand is None:
        raise ValueError(f"{side.run} has no figure")
    decision = against.decision
    total = decision.total if decision and decision.reason != "category_fall" else None
    return Contender(
        name=side.name,
        mid=shown.mid,
        low=shown.low,
        high=shown.high,
        n=figure.shown_n,
        cost=side.per_thousand,
        p50=side.p50.ms,
        standing=against.standing,
        fall=total.fall if total else 0.0,
        further=against.further,
    )


def _shown(side: Side) -> Interval | None:
    return side.total.figure.shown if side.total.figure else None


def names_of(runs: Sequence[Run]) -> list[str]:
    """Short names, in the order of the runs."""
    names = naming.short_names(runs)
    return [names[run.pk] for run in runs]


def _side(one: Measured, name: str) -> Side:
    facts = one.facts
    answered = facts["answered"]
    return Side(
        run=one.run,
        name=name,
        total=Cell(None),
        standing=Standing.OPEN,
        per_thousand=Decimal(facts["cost"]) / answered * 1000 if answered else None,
        p50=_percentile(facts, "p50", 10),
        p95=_percentile(facts, "p95", 100),
    )


def _percentile(facts: Mapping[str, Any], name: str, least: int) -> Percentile:
    """A percentile q needs 5 / (1 - q) measurements."""
    n = facts["timed"]
    return Percentile(facts[name] if n >= least else None, n, least)
