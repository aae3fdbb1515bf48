"""A run's cases by the groups that the live calls are told apart by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiops.evaluations.reweighting import Stratum

if TYPE_CHECKING:
    from aiops.evaluations.columns import Columns, Floats, Ints
    from aiops.evaluations.mix import Folded, Group


def strata(folded: Folded, columns: Columns, values: Floats) -> dict[Group, Stratum]:
    """`values` (n,) of the cases by group, NaN left out; cases of one cluster vary together."""
    import numpy as np  # noqa: PLC0415 - most processes of the console never need it

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
        group: _stratum(values[there], columns.cluster[there])
        for group, there in found.items()
        if there.any()
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
