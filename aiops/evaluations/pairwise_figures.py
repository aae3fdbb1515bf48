"""A comparison of two runs in figures: how often the candidate was preferred, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from aiops.evaluations import statistics
from aiops.evaluations.models import Pairwise
from aiops.evaluations.statistics import Interval

_COUNTS = {
    "better": Count("id", filter=Q(verdict="better")),
    "worse": Count("id", filter=Q(verdict="worse")),
    "ties": Count("id", filter=Q(verdict="tie")),
    "changed": Count("id", filter=Q(changed=True)),
    "failed": Count("id", filter=Q(verdict="")),
}


@dataclass(frozen=True, slots=True)
class Preferred:
    """Cases by verdict; `changed` of the ties disagree with themselves when the sides are exchanged."""

    better: int
    worse: int
    ties: int
    changed: int
    failed: int

    @property
    def decided(self) -> int:
        return self.better + self.worse

    @property
    def judged(self) -> int:
        return self.decided + self.ties

    @property
    def enough(self) -> bool:
        return statistics.enough(self.decided)

    @property
    def share(self) -> Interval | None:
        """Of the cases that are no ties: those on which the candidate is better, with Wilson's interval."""
        return statistics.wilson(self.better, self.decided)


def preferred(pairwise: Pairwise) -> Preferred:
    """Of all cases."""
    return Preferred(**pairwise.results.aggregate(**_COUNTS))


def preferred_by(pairwise: Pairwise, column: str) -> dict[str, Preferred]:
    """By category or locale of the case, the largest group first."""
    rows = pairwise.results.values(f"case__{column}").annotate(**_COUNTS)
    found = {row.pop(f"case__{column}"): _of(row) for row in rows}
    return dict(sorted(found.items(), key=lambda group: (-group[1].judged, group[0])))


def _of(row: Mapping[str, Any]) -> Preferred:
    return Preferred(**{name: row[name] for name in _COUNTS})
