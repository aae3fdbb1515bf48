"""Two runs before a judge: starting, following, reading."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment, paginate
from aiops.evaluations import actions, pairwise_queries, queries, statistics
from aiops.evaluations.forms import ContinueForm
from aiops.evaluations.forms.pairwise import PairwiseFilter, PairwiseForm
from aiops.evaluations.models import Pairwise
from aiops.evaluations.pairwise_figures import preferred, preferred_by


@requires(Permission.EVALUATIONS_RUN)
@require_http_methods(["GET", "POST"])
def start(request: SignedInRequest, pk: int) -> HttpResponse:
    run = load(queries.runs(), pk=pk)
    others = pairwise_queries.others(run)
    form = PairwiseForm(request.POST or None, run=run, others=others)
    if form.is_valid():
        try:
            row = actions.start_pairwise(
                by=request.user,
                candidate=run,
                baseline=form.cleaned_data["baseline"],
                judge=form.judge(),
                ceiling=form.cleaned_data["ceiling"],
            )
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            return redirect("evaluations:pairwise", pairwise_id=row.pk)
    context = {"run": run, "form": form, "asked": pairwise_queries.of(run)}
    return render(request, "evaluations/pairwise_start.html", context, status=422 if form.errors else 200)


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def page(request: SignedInRequest, pairwise_id: int) -> HttpResponse:
    pairwise = load(pairwise_queries.all_of_them(), pk=pairwise_id)
    form = PairwiseFilter(request.GET)
    context = {
        "pairwise": pairwise,
        "job": _job(pairwise),
        "figures": preferred(pairwise),
        "tables": [(column.title(), preferred_by(pairwise, column)) for column in ("category", "locale")],
        "form": form,
        "page": paginate(request, pairwise_queries.results(pairwise, form.chosen())),
        "continue_form": ContinueForm(),
        "least": statistics.LEAST,
    }
    return page_or_fragment(request, "evaluations/pairwise.html", "evaluations/_pairwise_rows.html", context)


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def progress(request: SignedInRequest, pairwise_id: int) -> HttpResponse:
    """The progress card alone; once it is over the whole page is asked for."""
    pairwise = load(pairwise_queries.all_of_them(), pk=pairwise_id)
    response = render(request, "_components/job.html", {"job": _job(pairwise)})
    if not pairwise.is_active:
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def cancel(request: SignedInRequest, pairwise_id: int) -> HttpResponse:
    pairwise = load(pairwise_queries.all_of_them(), pk=pairwise_id)
    try:
        actions.cancel_pairwise(by=request.user, pairwise=pairwise)
    except AiopsError as error:
        toasts.failure(request, str(error))
    else:
        toasts.success(request, "The comparison is cancelled. Verdicts that were under way are still stored.")
    return redirect("evaluations:pairwise", pairwise_id=pairwise_id)


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def go_on(request: SignedInRequest, pairwise_id: int) -> HttpResponse:
    pairwise = load(pairwise_queries.all_of_them(), pk=pairwise_id)
    form = ContinueForm(request.POST)
    if not form.is_valid():
        toasts.failure(request, "The ceiling has to be an amount in USD above zero, or empty.")
        return redirect("evaluations:pairwise", pairwise_id=pairwise_id)
    try:
        actions.continue_pairwise(by=request.user, pairwise=pairwise, ceiling=form.cleaned_data["ceiling"])
    except AiopsError as error:
        toasts.failure(request, str(error))
    else:
        toasts.success(request, "The comparison goes on.")
    return redirect("evaluations:pairwise", pairwise_id=pairwise_id)


def _job(pairwise: Pairwise) -> dict[str, Any]:
    """What the progress card shows."""
    waiting = pairwise.state == Pairwise.State.QUEUED
    cancel_url = reverse("evaluations:pairwise-cancel", args=[pairwise.pk])
    return {
        "title": "Waiting for a worker" if waiting else f"{pairwise.judge['prompt']} compares",
        "done": pairwise.done,
        "failed": pairwise.failed,
        "total": pairwise.total,
        "spent": pairwise.cost,
        "ceiling": pairwise.ceiling,
        "running": pairwise.is_active,
        "cancel_url": cancel_url if pairwise.is_active else None,
        "poll_url": reverse("evaluations:pairwise-progress", args=[pairwise.pk]),
    }
