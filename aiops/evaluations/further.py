"""More cases than a run had: a later version of its dataset, or the draft."""

from typing import NamedTuple

from aiops.datasets import queries as datasets
from aiops.evaluations.models import Run


class Further(NamedTuple):
    """`choice` is the form's value for the larger set ("v17", "d4"), "" where there is none."""

    choice: str
    cases: int  # more than the run had


def further(run: Run) -> Further:
    """The largest set that the run's dataset offers now."""
    dataset, had = run.dataset_version.dataset, run.dataset_version.case_count
    latest = datasets.last_version(dataset)
    frozen = latest.case_count - had if latest else 0
    if dataset.unfrozen_count and dataset.case_count - had > max(frozen, 0):
        return Further(f"d{dataset.pk}", dataset.case_count - had)
    return Further(f"v{latest.pk}", frozen) if latest and frozen > 0 else Further("", 0)
