"""The list of runs, one run, and what may be done with it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment, paginate
from aiops.evaluations import (
    actions,
    comparable,
    graded,
    judges,
    judging,
    live,
    queries,
    reusing,
    statistics,
    summaries,
    worst,
)
from aiops.evaluations.arithmetic import MILLION
from aiops.evaluations.forms import CompareForm, ContinueForm, ResultFilter, RunFilter
from aiops.evaluations.models import Run
from aiops.evaluations.summary import EVERY, Summary, tabulate

NAMES = {"least": statistics.LEAST, "none_name": queries.NONE}


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def run_list(request: SignedInRequest) -> HttpResponse:
    form = RunFilter(request.GET)
    chosen = form.chosen()
    page = paginate(request, comparable.with_verdicts(queries.runs(chosen)))
    context = {"page": page, "form": form, "chosen": chosen}
    return page_or_fragment(request, "evaluations/list.html", "evaluations/_table.html", context)


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def run_page(request: SignedInRequest, pk: int) -> HttpResponse:
    run = load(queries.runs(), pk=pk)
    measured = summaries.measured([run])[0]
    summary = tabulate(measured.columns)
    scorer = request.GET.get("scorer", EVERY)
    if scorer not in summary.totals:
        scorer = EVERY
    context = {
        "run": run,
        "tabs": tabs(run, "summary"),
        "job": job(run),
        "summary": summary,
        "scorer": scorer,
        "total": summary.totals.get(scorer),
        "tables": _tables(summary, scorer),
        "facts": measured.facts,
        "errors": queries.errors_by_kind(run) if run.failed else [],
        "judge_failures": judging.failures(run),
        "worst": worst.results(run, measured.columns, scorer),
        "continue_form": ContinueForm(),
        "verdicts": comparable.verdicts().filter(candidate=run).defer("decision"),
        "compare_form": CompareForm(run=run) if run.state == Run.State.FINISHED else None,
        "missing": run.total - run.accounted,
        "people": graded.panel(run),
        "standings": judges.standings(run),
        "distrusted": judges.not_trusted(run, scorer=scorer),
        "live": live.of_run(run, measured.columns, scorer) if run.done else None,
        "per_thousand": (run.cost - run.judge_cost + run.reused_cost) / run.done * 1000 if run.done else None,
        "origins": reusing.origins(run),
        "out_of_fold": queries.out_of_fold(run),
        "price_in": run.price.input * MILLION if run.price else None,
        "price_out": run.price.output * MILLION if run.price else None,
        **NAMES,
    }
    return render(request, "evaluations/run.html", context)


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def run_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """The progress card alone; once the run is over the whole page is asked for."""
    run = load(queries.runs(), pk=pk)
    response = render(request, "_components/job.html", {"job": job(run)})
    if not run.is_active:
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def run_results(request: SignedInRequest, pk: int) -> HttpResponse:
    run = load(queries.runs(), pk=pk)
    measured = summaries.measured([run])[0]
    names = [scorer["name"] for scorer in run.scorers]
    form = ResultFilter(request.GET, scorers=[*names, "checks"])
    chosen = form.chosen()
    page = paginate(request, queries.results(run, chosen).prefetch_related("scores"))
    context = {
        "run": run,
        "tabs": tabs(run, "results"),
        "form": form,
        "chosen": chosen,
        "page": page,
        "names": names,
        "categories": measured.columns.categories,
        "locales": measured.columns.locales,
        **NAMES,
    }
    return page_or_fragment(request, "evaluations/results.html", "evaluations/_results.html", context)


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    run = load(queries.runs(), pk=pk)
    try:
        actions.cancel_run(by=request.user, run=run)
    except AiopsError as error:
        toasts.failure(request, str(error))
    else:
        toasts.success(request, f"{run} is cancelled. Answers that were under way are still stored.")
    return redirect("evaluations:run", pk=pk)


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def go_on(request: SignedInRequest, pk: int) -> HttpResponse:
    run = load(queries.runs(), pk=pk)
    form = ContinueForm(request.POST)
    if not form.is_valid():
        toasts.failure(request, "The ceiling has to be an amount in USD above zero, or empty.")
        return redirect("evaluations:run", pk=pk)
    try:
        actions.continue_run(by=request.user, run=run, **form.cleaned_data)
    except AiopsError as error:
        toasts.failure(request, str(error))
    else:
        toasts.success(request, f"{run} goes on.")
    return redirect("evaluations:run", pk=pk)


def tabs(run: Run, current: str) -> list[tuple[str, str, bool, int | None]]:
    """The sections of a run."""
    results = reverse("evaluations:results", args=[run.pk])
    return [
        ("Summary", reverse("evaluations:run", args=[run.pk]), current == "summary", None),
        ("Results", results, current == "results", run.accounted),
    ]


def job(run: Run) -> dict[str, Any]:
    """What the progress card shows."""
    speed = queries.progress(run)
    waiting = run.state == Run.State.QUEUED
    return {
        "title": "Waiting for a worker" if waiting else f"Evaluating {run.approach}",
        "done": run.done,
        "failed": run.failed,
        "total": run.total,
        "rate": speed.rate,
        "left": speed.left_ms,
        "spent": run.cost,
        "ceiling": run.ceiling,
        "running": run.is_active,
        "cancel_url": reverse("evaluations:cancel", args=[run.pk]) if run.is_active else None,
        "poll_url": reverse("evaluations:progress", args=[run.pk]),
    }


def _tables(summary: Summary, scorer: str) -> list[dict[str, Any]]:
    """Per category and per locale; a table of one unnamed group says nothing and is left out."""
    tables = [
        {"title": "Category", "column": "category", "rows": summary.by_category.get(scorer, {})},
        {"title": "Locale", "column": "locale", "rows": summary.by_locale.get(scorer, {})},
    ]
    return [table for table in tables if any(table["rows"])]
