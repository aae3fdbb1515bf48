"""Cases by approaches: which cases the filters leave, in which order, and what stands in each cell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiops.datasets import queries as datasets
from aiops.datasets.models import Case
from aiops.datasets.queries import NONE, CaseFilter
from aiops.evaluations.columns import ANSWERED, ERROR
from aiops.evaluations.models import Result
from aiops.evaluations.pairing import PASS_AT, outcomes
from aiops.evaluations.summary import averaged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiops.evaluations.columns import Bools, Columns, Floats, Ints
    from aiops.evaluations.models import Run
    from aiops.evaluations.pairing import Table

WORST = "worst"  # the order; by the dataset's otherwise


@dataclass(frozen=True, slots=True)
class Cell:
    """What a run made of a case: `state` is pass, fail, score, unscored, error or absent.

    `value` is 0..1 or None; of `of` repeats that were judged `passes` passed.
    """

    state: str
    value: float | None = None
    passes: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A case with one cell for each run, and those of the second scorer where two are compared."""

    case: Case
    cells: list[Cell]
    seconds: list[Cell]

    @property
    def both(self) -> list[tuple[Cell, Cell | None]]:
        return [(cell, self.seconds[at] if self.seconds else None) for at, cell in enumerate(self.cells)]


class Matrix:
    """The cases of `table` that `chosen` filters leave, in order; pages of it are `Line`s.

    `chosen` are those of `MatrixFilter`. A paginator may count and slice it.
    """

    ordered = True

    def __init__(self, table: Table, chosen: Mapping[str, str]) -> None:
        self.table = table
        self._judged: dict[str, list[tuple[Ints, Ints, Floats]]] = {}  # by scorer, each run's (n, K)
        self.pair = scorer_pair(table, chosen) if chosen.get("show") == "scorers" else None
        self.places = _ordered(table, chosen, _left(self, chosen))
        self.ids = table.columns[0].ids[self.places]

    def __len__(self) -> int:
        return len(self.places)

    count = __len__

    def __getitem__(self, part: slice) -> list[Line]:
        """A page, with the beginnings of the inputs."""
        ids = [int(pk) for pk in self.ids[part]]
        cases = {case.pk: case for case in datasets.listed(Case.objects.filter(pk__in=ids))}
        first, second = self.pair or (self.table.scorer, None)
        return [
            Line(cases[pk], self._cells(place, first), [] if second is None else self._cells(place, second))
            for pk, place in zip(ids, self.places[part], strict=True)
        ]

    def beside(self, case_id: int) -> tuple[int | None, int | None, int]:
        """The cases before and after, and the place from 1; 0 for a case that is not among them."""
        found = [int(pk) for pk in self.ids]
        if case_id not in found:
            return None, None, 0
        at = found.index(case_id)
        return (
            found[at - 1] if at else None,
            found[at + 1] if at + 1 < len(found) else None,
            at + 1,
        )

    def holds(self, case_id: int) -> bool:
        """Whether the runs share the case, whatever the filters leave."""
        return bool((self.table.columns[0].ids == case_id).any())

    def cells_of(self, case_id: int) -> list[Cell]:
        """What each run made of one case, by the scorer of the table."""
        place = list(self.table.columns[0].ids).index(case_id)
        return self._cells(place, self.table.scorer)

    def _cells(self, place: int, scorer: str) -> list[Cell]:
        if scorer not in self._judged:
            self._judged[scorer] = [
                (own.state, own.passes(scorer, self.table.required), own.values(scorer))
                for own in self.table.columns
            ]
        return [_cell(*(part[place] for part in own)) for own in self._judged[scorer]]


def scorer_pair(table: Table, chosen: Mapping[str, str]) -> tuple[str, str] | None:
    """The two scorers that are held against each other; None where the runs do not share two."""
    kinds = {entry["name"]: entry["type"] for entry in table.runs[0].scorers}
    shared = [name for name in table.columns[0].scorers if all(name in own.scorers for own in table.columns)]
    judges = [name for name in shared if kinds.get(name) == "judge"]
    usual = [*(name for name in shared if kinds.get(name) == "exact"), *shared]
    one = chosen["scorer"] if chosen.get("scorer") in shared else next(iter(usual), None)
    wanted = [chosen.get("other"), *judges, *shared]
    other = next((name for name in wanted if name in shared and name != one), None)
    return None if one is None or other is None else (one, other)


def outputs(runs: Sequence[Run], case: Case, matching: Sequence[Cell]) -> list[Result | None]:
    """Each run's answer to `case`: of several repeats one that shows what the cell says."""
    found: dict[int, list[Result]] = {}
    rows = Result.objects.filter(run__in=runs, case=case).prefetch_related("scores").order_by("repeat")
    for result in rows:
        found.setdefault(result.run_id, []).append(result)
    return [_shown(found.get(run.pk, []), cell) for run, cell in zip(runs, matching, strict=True)]


def _shown(results: list[Result], cell: Cell) -> Result | None:
    wanted = {"pass": True, "fail": False}.get(cell.state)
    fitting = [one for one in results if not one.error_kind and _passes(one) == wanted]
    return next(iter([*fitting, *results]), None)


def _passes(result: Result) -> bool:
    return all(score.passed is not False for score in result.scores.all())


def _left(matrix: Matrix, chosen: Mapping[str, str]) -> Bools:
    """(n,): whether the filters leave the case."""
    import numpy as np  # noqa: PLC0415 - most processes of the console never need it

    first = matrix.table.columns[0]
    left = np.ones(len(first.ids), dtype=bool)
    for name, names, number in (
        ("category", first.categories, first.category),
        ("locale", first.locales, first.locale),
    ):
        if wanted := chosen.get(name):
            wanted = "" if wanted == NONE else wanted
            left &= number == (names.index(wanted) if wanted in names else -1)
    if chosen.get("text", "").strip():
        left &= np.isin(first.ids, _with_text(matrix.table, chosen["text"]))
    return left & _kind(matrix, chosen.get("show", ""))


def _kind(matrix: Matrix, show: str) -> Bools:
    """(n,): the cases of one kind."""
    import numpy as np  # noqa: PLC0415 - as above

    table = matrix.table
    n = len(table.columns[0].ids)
    if show == "scorers":
        return _scorers_disagree(table, matrix.pair) if matrix.pair else np.zeros(n, dtype=bool)
    marks = _marks(table)
    failing: Bools = np.any((marks < PASS_AT) & ~np.isnan(marks), axis=0)
    passing: Bools = np.any(marks >= PASS_AT, axis=0)
    kinds: dict[str, Bools] = {
        "flipped": passing & failing,
        "failing": failing,
        "all_failing": failing & ~passing,
        "missing": np.any(np.isnan(marks), axis=0),
        "errors": _any([(own.state == ERROR).any(axis=1) for own in table.columns]),
    }
    return kinds.get(show, np.ones(n, dtype=bool))


def _marks(table: Table) -> Floats:
    """(runs, n): a case's outcome as the gate makes it, an error a fail; NaN is missing."""
    import numpy as np  # noqa: PLC0415 - as above

    return np.array([outcomes(own, table, errors_fail=True) for own in table.columns])


def _scorers_disagree(table: Table, pair: tuple[str, str]) -> Bools:
    """(n,): in at least one run the two scorers judge an answer differently."""
    import numpy as np  # noqa: PLC0415 - as above

    found = []
    for own in table.columns:
        one, other = (_verdicts(own, name) for name in pair)
        found.append((~np.isnan(one) & ~np.isnan(other) & (one != other)).any(axis=1))
    return _any(found)


def _any(found: list[Bools]) -> Bools:
    """(n,): whether it is so in any run."""
    import numpy as np  # noqa: PLC0415 - as above

    anywhere: Bools = np.any(np.array(found), axis=0)
    return anywhere


def _verdicts(columns: Columns, scorer: str) -> Floats:
    """(n, K): 1 passed, 0 failed; a scorer that only measures passes from a half on; NaN: not judged."""
    import numpy as np  # noqa: PLC0415 - as above

    passed, values = columns.passes(scorer), columns.values(scorer)
    measured = np.where(np.isnan(values), np.nan, (values >= PASS_AT).astype(float))
    said: Floats = np.where(passed >= 0, passed.astype(float), measured)
    return said


def _ordered(table: Table, chosen: Mapping[str, str], left: Bools) -> Ints:
    """Places of the cases left; by the dataset, or those first that do worst over all runs."""
    import numpy as np  # noqa: PLC0415 - as above

    places: Ints = np.flatnonzero(left)
    if chosen.get("order") != WORST or not len(places):
        return places
    shares = np.zeros(len(left))
    for own in table.columns:
        passed, value = averaged(own, table.scorer, table.required)
        mark = np.where(np.isnan(passed), value, passed)
        shares += np.where((own.state == ERROR).any(axis=1), 0.0, np.nan_to_num(mark, nan=1.0))
    return places[np.argsort(shares[places], kind="stable")]


def _with_text(table: Table, text: str) -> list[int]:
    """The cases that hold the words of `text`."""
    rows = datasets.cases_of(table.runs[0].dataset_version)
    return list(datasets.filtered(rows, CaseFilter(text=text)).order_by().values_list("pk", flat=True))


def _cell(states: Ints, passed: Ints, values: Floats) -> Cell:
    """Of one case, (K,) each."""
    answered = states == ANSWERED
    if not answered.any():
        return Cell("error" if (states == ERROR).any() else "absent")
    known = [float(value) for value in values[answered] if not math.isnan(value)]
    value = sum(known) / len(known) if known else None
    judged = passed[answered & (passed >= 0)]
    if len(judged):
        passes = int((judged == 1).sum())
        return Cell("pass" if 2 * passes > len(judged) else "fail", value, passes, len(judged))
    return Cell("unscored" if value is None else "score", value, 0, len(known))
