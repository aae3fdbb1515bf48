"""The results of a run that did worst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from aiops.evaluations.columns import EVERY
from aiops.evaluations.models import Result

if TYPE_CHECKING:
    from aiops.evaluations.columns import Columns, Floats
    from aiops.evaluations.models import Run

SHOWN = 10


def results(run: Run, columns: Columns, scorer: str) -> list[Result]:
    """Those with the lowest value of `scorer`, or that fail the most scorers; none that passes."""
    import numpy as np  # noqa: PLC0415 - most processes of the console never need it

    places = _failing(columns) if scorer == EVERY else _low(columns, scorer)
    order = np.argsort(places, axis=None, kind="stable")[:SHOWN]
    found = [divmod(int(at), columns.state.shape[1]) for at in order if not np.isnan(places.flat[at])]
    wanted = [(int(columns.ids[case]), repeat) for case, repeat in found]
    if not wanted:
        return []
    any_of = Q()
    for case_id, repeat in wanted:
        any_of |= Q(case_id=case_id, repeat=repeat)
    rows = Result.objects.filter(any_of, run=run).select_related("case").prefetch_related("scores")
    there = {(row.case_id, row.repeat): row for row in rows}
    return [there[key] for key in wanted if key in there]


def _failing(columns: Columns) -> Floats:
    """(n, K): minus the number of scorers that an answer fails; NaN where it fails none."""
    import numpy as np  # noqa: PLC0415 - as above

    fails = (columns.passed == 0).sum(axis=0)
    return np.where(fails > 0, -fails, np.nan)


def _low(columns: Columns, scorer: str) -> Floats:
    """(n, K): the value of what failed, or was only measured and is not full; NaN of all else."""
    import numpy as np  # noqa: PLC0415 - as above

    passed, value = columns.passes(scorer), columns.values(scorer)
    low = (passed == 0) | ((passed < 0) & (value < 1))
    return np.where(low, np.nan_to_num(value, nan=0.0), np.nan)
