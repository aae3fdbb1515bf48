"""A run by columns: 10,000 cases are compared, filtered and counted in milliseconds.

Numpy is imported by the functions that need it: most processes of the console never do.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db import connection

from aiops.datasets import queries as datasets
from aiops.evaluations.scorers import CHECKS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from aiops.evaluations.models import Run

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Ints = NDArray[Any]

ABSENT, ERROR, ANSWERED = 0, 1, 2
EVERY = ""  # the name under which "every scorer passes" is counted

_JUDGED = """
SELECT result.case_id, result.repeat, (result.error_kind <> '')::int,
  array_position(%(scorers)s::text[], score.scorer::text) - 1, score.passed::int, score.value
FROM evaluations_result AS result LEFT JOIN evaluations_score AS score ON score.result_id = result.id
WHERE result.run_id = %(run)s
"""


@dataclass(frozen=True, slots=True)
class Columns:
    """n cases in the order of the dataset, K repeats, S scorers.

    `state` (n, K) is absent, error or answered; `passed` (S, n, K) is 1, 0 or -1 for no judgement; `value`
    (S, n, K) is 0..1 or NaN. `category` and `locale` (n,) number `categories` and `locales`; `cluster` is -1
    for a case of its own.
    """

    scorers: list[str]
    categories: list[str]
    locales: list[str]
    ids: Ints
    category: Ints
    locale: Ints
    cluster: Ints
    must_pass: Bools
    state: Ints
    passed: Ints
    value: Floats

    def passes(self, scorer: str, required: tuple[str, ...] = ()) -> Ints:
        """(n, K): 1, 0 or -1 by `scorer`; by every scorer where it is "", of which `required` must judge."""
        import numpy as np  # noqa: PLC0415 - as said above

        if scorer:
            said: Ints = self.passed[self.scorers.index(scorer)]
            return said
        if not self.scorers:
            return np.full(self.state.shape, -1, dtype=np.int8)
        judged = np.where(self.passed < 0, 2, self.passed).min(axis=0)
        every = np.where(judged == 2, -1, judged)
        for name in required:
            place = self.scorers.index(name)
            every[(self.passed[place] < 0) & np.isnan(self.value[place])] = -1
        return every

    def values(self, scorer: str) -> Floats:
        """(n, K): 0..1 or NaN."""
        import numpy as np  # noqa: PLC0415 - as said above

        if not scorer:
            return np.full(self.state.shape, np.nan)
        values: Floats = self.value[self.scorers.index(scorer)]
        return values

    def only_values(self, scorer: str) -> bool:
        """Whether `scorer` measures and never says passed or failed."""
        return bool(scorer) and not (self.passes(scorer) >= 0).any()

    @property
    def asked(self) -> Bools:
        """(n,): whether the case has a result, good or bad."""
        answered: Bools = (self.state != ABSENT).any(axis=1)
        return answered


def read(run: Run) -> Columns:
    """The columns of `run` as its results stand now, in two queries."""
    import numpy as np  # noqa: PLC0415 - as said above

    rows = list(
        datasets.cases_of(run.dataset_version).values_list(
            "id", "category", "locale", "metadata__cluster", "must_pass"
        )
    )
    names = [scorer["name"] for scorer in run.scorers]
    with connection.cursor() as cursor:
        cursor.execute(_JUDGED, {"run": run.pk, "scorers": [*names, CHECKS]})
        judged = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 6)
    if (judged[:, 3] == len(names)).any():
        names.append(CHECKS)
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    categories, category = _coded([row[1] for row in rows])
    locales, locale = _coded([row[2] for row in rows])
    state, passed, value = _cells(judged, ids, len(names), run.repeats)
    return Columns(
        scorers=names,
        categories=categories,
        locales=locales,
        ids=ids,
        category=category,
        locale=locale,
        cluster=_clusters([row[3] for row in rows]),
        must_pass=np.array([row[4] for row in rows], dtype=bool),
        state=state,
        passed=passed,
        value=value,
    )


def _cells(judged: Floats, ids: Ints, scorers: int, repeats: int) -> tuple[Ints, Ints, Floats]:
    """`judged` holds (case id, repeat, error, scorer, passed, value), NaN where null, one row a score."""
    import numpy as np  # noqa: PLC0415 - as said above

    n = len(ids)
    state = np.zeros((n, repeats), dtype=np.int8)
    passed = np.full((scorers, n, repeats), -1, dtype=np.int8)
    value = np.full((scorers, n, repeats), np.nan)
    order = np.argsort(ids)
    place = order[np.searchsorted(ids, judged[:, 0].astype(np.int64), sorter=order)] if n else order
    repeat = judged[:, 1].astype(np.int64)
    state[place, repeat] = np.where(judged[:, 2] == 1, ERROR, ANSWERED)
    scored = ~np.isnan(judged[:, 3])
    which = (judged[scored, 3].astype(np.int64), place[scored], repeat[scored])
    passed[which] = np.nan_to_num(judged[scored, 4], nan=-1)
    value[which] = judged[scored, 5]
    return state, passed, value


def _coded(names: list[str]) -> tuple[list[str], Ints]:
    """The names that occur, sorted, and the number of each."""
    import numpy as np  # noqa: PLC0415 - as said above

    known = sorted(set(names))
    number = {name: place for place, name in enumerate(known)}
    return known, np.array([number[name] for name in names], dtype=np.int32)


def _clusters(names: list[Any]) -> Ints:
    import numpy as np  # noqa: PLC0415 - as said above

    known = {str(name) for name in names if name not in (None, "")}
    number = {name: place for place, name in enumerate(sorted(known))}
    return np.array([number.get(str(name), -1) if name != "" else -1 for name in names], dtype=np.int32)


_ARRAYS = ("ids", "category", "locale", "cluster", "must_pass", "state", "passed", "value")
_NAMES = ("scorers", "categories", "locales")


def packed(columns: Columns) -> tuple[dict[str, list[str]], bytes]:
    """The names and the archive that `unpacked` reads."""
    import numpy as np  # noqa: PLC0415 - as said above

    file = io.BytesIO()
    np.savez_compressed(file, **{name: getattr(columns, name) for name in _ARRAYS})
    return {name: getattr(columns, name) for name in _NAMES}, file.getvalue()


def unpacked(names: dict[str, list[str]], archive: bytes) -> Columns:
    import numpy as np  # noqa: PLC0415 - as said above

    with np.load(io.BytesIO(archive), allow_pickle=False) as arrays:
        parts: dict[str, Any] = {name: arrays[name] for name in _ARRAYS}
    parts |= {name: names[name] for name in _NAMES}
    return Columns(**parts)


def aligned(runs: list[Columns]) -> list[Columns]:
    """`runs` over the cases that all of them were frozen with, in the order of the first."""
    import numpy as np  # noqa: PLC0415 - as said above

    first = runs[0].ids
    if all(np.array_equal(first, run.ids) for run in runs[1:]):
        return runs
    common = np.ones(len(first), dtype=bool)
    for run in runs[1:]:
        common &= np.isin(first, run.ids)
    return [_taken(run, first[common]) for run in runs]


def _taken(run: Columns, ids: Ints) -> Columns:
    import numpy as np  # noqa: PLC0415 - as said above

    order = np.argsort(run.ids)
    at = order[np.searchsorted(run.ids, ids, sorter=order)] if len(ids) else np.array([], dtype=np.int64)
    by_case = {name: getattr(run, name)[at] for name in _ARRAYS if name not in ("passed", "value")}
    return replace(run, **by_case, passed=run.passed[:, at], value=run.value[:, at])
