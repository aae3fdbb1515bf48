"""Outputs that are there already: the same version, model, parameters, case and repeat were asked before.

A case that is edited is another row, so the same row is the same case. Only what a vendor answered itself is
taken: no errors, and no copies of copies.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from aiops.datasets import queries as datasets
from aiops.datasets.models import Dataset, DatasetVersion
from aiops.evaluations.models import OnModel, Result, Run
from aiops.evaluations.work import Item, parameters_of


def stored(run: Run, items: Sequence[Item]) -> dict[tuple[int, int], Result]:
    """By case and repeat: the newest output that `run` may take over; none where nobody allowed it."""
    if not run.reuse:
        return {}
    asked = run.asked
    found = _answers(OnModel(asked.version, asked.model), run.vendor_name, run.parameters, run.repeats)
    rows = found.exclude(run=run).filter(case_id__in={item.case_id for item in items})
    newest = rows.order_by("case_id", "repeat", "-id").distinct("case_id", "repeat")
    return {(row.case_id, row.repeat): row for row in newest}


def count(approach: OnModel, cases: DatasetVersion | Dataset, repeats: int) -> int:
    """How many outputs are there for a run of these."""
    parameters = parameters_of(approach.version, approach.model.max_output_tokens)
    rows = datasets.cases_of(cases) if isinstance(cases, DatasetVersion) else datasets.draft_cases(cases)
    found = _answers(approach, approach.model.vendor_name, parameters, repeats)
    there = found.filter(case__in=rows.order_by(), repeat__lt=repeats)
    return there.values("case_id", "repeat").distinct().count()


def _answers(
    approach: OnModel, vendor_name: str, parameters: Mapping[str, Any], repeats: int
) -> QuerySet[Result]:
    """What was answered to the very same request. Where no seed is set, repeats bring seeds with them that a
    run without repeats does not send.
    """
    runs = Run.objects.filter(
        version=approach.version, model=approach.model, vendor_name=vendor_name, parameters=parameters
    )
    if parameters.get("seed") is None:
        runs = runs.filter(repeats=1) if repeats == 1 else runs.filter(repeats__gt=1)
    return Result.objects.filter(run__in=runs, error_kind="", reused_from=None)


@dataclass(frozen=True, slots=True)
class Origin:
    """The run that `count` of a run's outputs come from."""

    run_id: int
    count: int


def origins(run: Run) -> list[Origin]:
    """Where a run's reused outputs come from, the most first."""
    if not run.reused:
        return []
    rows = Result.objects.filter(run=run, reused_from__isnull=False).values("reused_from__run")
    counted = rows.annotate(n=Count("id")).order_by("-n", "-reused_from__run")
    return [Origin(row["reused_from__run"], row["n"]) for row in counted]


def said(run: Run) -> str:
    """As "418 of 500 outputs reused from run 12"; "" where none is."""
    found = origins(run)
    if not found:
        return ""
    return f"{run.reused:,} of {run.done:,} outputs reused from {_listed(found)}"


def each(*runs: Run | None) -> list[str]:
    """A sentence for each of `runs` that reuses outputs."""
    return [f"{run}: {sentence}" for run in runs if run is not None and (sentence := said(run))]


def _listed(found: Iterable[Origin]) -> str:
    numbers = [str(origin.run_id) for origin in found]
    if len(numbers) == 1:
        return f"run {numbers[0]}"
    return f"runs {', '.join(numbers[:-1])} and {numbers[-1]}"
