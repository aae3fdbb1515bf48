"""One result, and all of them as a file."""

import json
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.evaluations import export, graded, queries
from aiops.evaluations.arithmetic import lines_of
from aiops.evaluations.forms import GradeForm, ResultFilter
from aiops.evaluations.models import Run


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def result_page(request: SignedInRequest, pk: int, result_id: int) -> HttpResponse:
    run = load(queries.runs(), pk=pk)
    rows = queries.results(run)
    result = load(rows.select_related("reused_from__run__price").prefetch_related("scores"), pk=result_id)
    filters = _filters(request, run)
    mine = graded.own(result, request.user)
    context = {
        "run": run,
        "result": result,
        "case": result.case,
        "expected": as_text(result.case.expected),
        "neighbours": queries.neighbours(result, queries.results(run, filters)),
        "others": queries.same_case(result),
        "repeats": rows.filter(case=result.case).exclude(pk=result.pk) if run.repeats > 1 else [],
        "grades": graded.history(result),
        "mine": mine,
        "grade_form": GradeForm(initial={"reason": mine.reason if mine else ""}),
        "arithmetic": lines_of(result),
    }
    return render(request, "evaluations/result.html", context)


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def export_csv(request: SignedInRequest, pk: int) -> HttpResponseBase:
    run = load(queries.runs(), pk=pk)
    return export.csv_response(run, queries.results(run, _filters(request, run)))


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def export_jsonl(request: SignedInRequest, pk: int) -> HttpResponseBase:
    run = load(queries.runs(), pk=pk)
    return export.jsonl_response(run, queries.results(run, _filters(request, run)))


def as_text(expected: Any) -> str | None:
    """What a case expects, for people."""
    return (
        expected if isinstance(expected, str | None) else json.dumps(expected, ensure_ascii=False, indent=2)
    )


def _filters(request: SignedInRequest, run: Run) -> dict[str, str]:
    names = [scorer["name"] for scorer in run.scorers]
    return ResultFilter(request.GET, scorers=[*names, "checks"]).chosen()
