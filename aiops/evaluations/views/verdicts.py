"""Verdicts: read one, ask for one, accept one; the policy that they follow."""

import math
from functools import partial
from typing import Any

from django.core.paginator import Page
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment, paginate
from aiops.evaluations import actions, comparable, judges, live, queries, reusing
from aiops.evaluations.flipped import flip, flipped_ids
from aiops.evaluations.forms import AcceptForm, CompareForm, FlippedFilter, PolicyForm
from aiops.evaluations.further import further
from aiops.evaluations.models import GatePolicy, Verdict
from aiops.features.models import Feature

KINDS = {"locale": "Locale", "category": "Category", "both": "Both"}
STEP = 0.05  # the scale of the intervals ends at a multiple of it


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def verdict_page(request: SignedInRequest, verdict_id: int) -> HttpResponse:
    verdict = load(comparable.verdicts(), pk=verdict_id)
    form = FlippedFilter(request.GET, verdict=verdict)
    chosen = form.chosen()
    direction = chosen.get("flip", "down")
    page = paginate(request, flipped_ids(verdict, direction, chosen), size=1)
    kind = _kind(verdict, request.GET.get("by", ""))
    reach = _reach(verdict, kind)
    context = {
        "verdict": verdict,
        "base_name": comparable.name_beside(verdict.baseline, verdict.candidate),
        "candidate_name": comparable.name_beside(verdict.candidate, verdict.baseline),
        "total": verdict.decision["total"],
        "kind": kind,
        "kinds": [(key, word) for key, word in KINDS.items() if verdict.decision[key]],
        "rows": verdict.decision[kind],
        "margin": -verdict.decision["demands"]["margin"],
        "min_category": verdict.decision["demands"]["min_category"],
        "reach": reach,
        "low": -reach,
        "further": further(verdict.candidate),
        "form": form,
        "chosen": chosen,
        "direction": direction,
        "page": page,
        "flip": _flip(verdict, page, direction),
        "accept_form": AcceptForm(),
        "own": verdict.candidate.created_by_id == request.user.pk,
        "none_name": queries.NONE,
        "live": partial(live.of_verdict, verdict),  # a fragment does not ask for it
        "reused": reusing.each(verdict.candidate, verdict.baseline),
        "distrusted": judges.not_trusted(
            verdict.candidate, scorer=verdict.policy.deciding_scorer if verdict.policy else ""
        ),
    }
    return page_or_fragment(request, "evaluations/verdict.html", "evaluations/_flipped.html", context)


@requires(Permission.VERDICTS_ACCEPT)
@require_POST
def accept(request: SignedInRequest, verdict_id: int) -> HttpResponse:
    verdict = load(comparable.verdicts(), pk=verdict_id)
    reason = request.POST.get("reason", "").replace("\0", "")[:2000]
    try:
        actions.accept_verdict(by=request.user, verdict=verdict, reason=reason)
    except AiopsError as error:
        toasts.failure(request, str(error))
    else:
        toasts.success(request, "Accepted, by your name and with your reason.")
    return redirect("evaluations:verdict", verdict_id=verdict_id)


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def compare(request: SignedInRequest, pk: int) -> HttpResponse:
    run = load(queries.runs(), pk=pk)
    form = CompareForm(request.POST, run=run)
    if not form.is_valid():
        toasts.failure(request, "Choose a finished run over the same cases with the same scorers.")
        return redirect("evaluations:run", pk=pk)
    baseline = form.cleaned_data["baseline"]
    try:
        actions.ask_verdict(by=request.user, candidate=run, baseline=baseline)
    except AiopsError as error:
        toasts.failure(request, str(error))
        return redirect("evaluations:run", pk=pk)
    return redirect("evaluations:against", pk=pk, baseline=baseline.pk)


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def against(request: SignedInRequest, pk: int, baseline: int) -> HttpResponse:
    """To the verdict of the two runs; until a worker has reckoned it, a page that asks again."""
    run, other = load(queries.runs(), pk=pk), load(queries.runs(), pk=baseline)
    verdict = comparable.verdict_between(run, other)
    if verdict is None:
        problem = comparable.problem(run, other)
        return render(
            request, "evaluations/against.html", {"run": run, "baseline": other, "problem": problem}
        )
    return redirect("evaluations:verdict", verdict_id=verdict.pk)


@requires(Permission.EVALUATIONS_RUN)
@require_http_methods(["GET", "POST"])
def policy(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    current = comparable.policy_of(feature) or comparable.default_policy(feature)
    form = PolicyForm(request.POST or None, initial=PolicyForm.initial_of(current))
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_policy(by=request.user, feature=feature, **form.demands())
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, "The policy holds from the next verdict on.")
            return redirect("evaluations:policy", slug=slug)
    history = GatePolicy.objects.filter(feature=feature).select_related("created_by")[:20]
    context = {"feature": feature, "current": current, "form": form, "history": history}
    return render(request, "evaluations/policy.html", context, status=422 if form.errors else 200)


def _kind(verdict: Verdict, asked: str) -> str:
    """The table that is open: the one asked for, else the one with the broken group, else the first."""
    tables = verdict.decision
    if tables.get(asked) and asked in KINDS:
        return asked
    broken = [kind for kind in KINDS if any(row["state"] == "block" for row in tables[kind])]
    return next(iter([*broken, *(kind for kind in KINDS if tables[kind])]), "locale")


def _reach(verdict: Verdict, kind: str) -> float:
    """Where the scale of the intervals ends, on both sides."""
    rows = [row for row in (*verdict.decision[kind], verdict.decision["total"]) if row]
    margin: float = verdict.decision["demands"]["margin"]
    ends: list[float] = [abs(row[end]) for row in rows for end in ("low", "high") if row[end] is not None]
    return min(1.0, STEP * math.ceil(max([*ends, 2 * margin]) / STEP))


def _flip(verdict: Verdict, page: Page[Any], direction: str) -> Any:
    return flip(verdict, page.object_list[0], direction) if page.object_list else None
