"""Runs by columns: kept for finished runs, read from the results for the others.

What is kept is a cache, not a record: whoever needs it first fills it, and nobody is asked or told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiops.evaluations import columns, queries
from aiops.evaluations.columns import Columns
from aiops.evaluations.models import Run, RunSummary

_STAMP = ("finished_at", "done", "failed")


@dataclass(frozen=True, slots=True)
class Measured:
    """A run with its columns, and the facts of `queries.facts`."""

    run: Run
    columns: Columns
    facts: dict[str, Any]


def measured(runs: Sequence[Run]) -> list[Measured]:
    """Each of `runs`; one query for all that are kept."""
    kept = {row.run_id: row for row in RunSummary.objects.filter(run__in=runs)}
    return [_kept(run, kept.get(run.pk)) or reckon(run) for run in runs]


def reckon(run: Run) -> Measured:
    """Read `run` from its results; a finished run is kept for the next reader."""
    found = Measured(run, columns.read(run), queries.facts(run))
    if run.state == Run.State.FINISHED:
        names, archive = columns.packed(found.columns)
        stamp = {name: getattr(run, name) for name in _STAMP}
        values = {**stamp, "facts": found.facts, "names": names, "columns": archive}
        RunSummary.objects.update_or_create(run=run, defaults=values)
    return found


def _kept(run: Run, row: RunSummary | None) -> Measured | None:
    if row is None or any(getattr(row, name) != getattr(run, name) for name in _STAMP):
        return None
    return Measured(run, columns.unpacked(row.names, bytes(row.columns)), row.facts)
