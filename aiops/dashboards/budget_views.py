"""Budgets: how each stands, and changing them."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.budgets import actions, queries
from aiops.budgets.limit import Limit
from aiops.budgets.models import Budget, BudgetRequest, Lease
from aiops.budgets.periods import period_of
from aiops.core import clock, toasts
from aiops.core.errors import AiopsError
from aiops.core.exports import stream_csv
from aiops.core.pages import asked, page_or_fragment, paginate
from aiops.dashboards import sums
from aiops.dashboards.budget_forms import LimitForm, NewBudgetForm, ReconcileForm

COLUMNS = ("budget", "period", "amount_usd", "hard", "spent_usd", "held_usd", "left_usd", "overrun_usd")
_ROWS = Budget.objects.select_related("tenant", "feature")


@requires(Permission.SPEND_VIEW)
@require_GET
def budget_list(request: SignedInRequest) -> HttpResponse:
    text = asked(request, "text")
    page = paginate(request, queries.budgets(text))
    waiting = [(change, _lines(change)) for change in queries.waiting_requests()]
    context = {"page": page, "rows": queries.standings(page), "text": text, "waiting": waiting}
    return page_or_fragment(request, "spend/budgets.html", "spend/_budgets.html", context)


def _lines(change: BudgetRequest) -> list[tuple[str, str, str]]:
    wanted = Limit.from_json(change.wanted).words() if change.wanted else "no limit"
    return [("Limit", Limit.from_json(change.before).words(), wanted)]


@requires(Permission.SPEND_VIEW)
@require_GET
def budgets_csv(request: SignedInRequest) -> HttpResponseBase:
    rows = (
        [
            one.budget.scope,
            one.budget.period,
            one.budget.amount,
            one.budget.hard,
            one.spent,
            one.held,
            one.left,
            one.overrun,
        ]
        for one in queries.standings(queries.budgets(asked(request, "text")))
    )
    return stream_csv("budgets.csv", COLUMNS, rows)


@requires(Permission.BUDGETS_EDIT)
@require_http_methods(["GET", "POST"])
def new_budget(request: SignedInRequest) -> HttpResponse:
    given = {name: asked(request, name) for name in ("tenant", "feature")}
    form = NewBudgetForm(
        request.POST or None, initial={**given, "period": asked(request, "period") or "month"}
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        tenant, feature = said["tenant"], said["feature"]
        begins, _ = period_of(said["period"], clock.now())
        spent = sums.spent(
            begins, tenant=tenant.slug if tenant else "", feature=feature.slug if feature else ""
        )
        try:
            actions.set_budget(
                by=request.user, tenant=tenant, feature=feature, period=said["period"], limit=form.limit(),
                spent=spent, reason=said["reason"],
            )  # fmt: skip  # arguments by what they belong to
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, "The budget is set: gateways have it at once.")
            return redirect("spend:budgets")
    return render(request, "spend/new_budget.html", {"form": form}, status=422 if form.errors else 200)


@requires(Permission.SPEND_VIEW)
@require_http_methods(["GET", "POST"])
def budget_page(request: SignedInRequest, pk: int) -> HttpResponse:
    budget = load(_ROWS.all(), pk=pk)
    may = request.user.may(Permission.BUDGETS_EDIT)
    form = LimitForm((request.POST or None) if may else None, initial=LimitForm.of(budget))
    if request.method == "POST" and form.is_valid():
        try:
            waits = actions.set_budget(
                by=request.user, tenant=budget.tenant, feature=budget.feature, period=budget.period,
                limit=form.limit(), reason=form.cleaned_data["reason"],
            )  # fmt: skip  # arguments by what they belong to
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            return _done(request, waits, f"The {budget} is changed: gateways have it at once.")
    (standing,) = queries.standings([budget])
    context = {
        "budget": budget,
        "standing": standing,
        "form": form,
        "periods": budget.periods.order_by("-begins")[:12],
        "leases": queries.lost_leases().filter(period__budget=budget)[:20],
        "waiting": queries.waiting_requests().filter(budget=budget).first(),
    }
    return render(request, "spend/budget.html", context, status=422 if form.errors else 200)


@requires(Permission.BUDGETS_EDIT)
@require_POST
def remove_budget(request: SignedInRequest, pk: int) -> HttpResponse:
    budget = load(_ROWS.all(), pk=pk)
    words = str(budget)
    try:
        waits = actions.remove_budget(
            by=request.user, budget=budget, reason=request.POST.get("reason", "")[:1000]
        )
    except AiopsError as error:
        toasts.error(request, str(error))
        return redirect("spend:budget", pk=pk)
    return _done(request, waits, f"The {words} is removed.")


def _done(request: SignedInRequest, waits: BudgetRequest | None, words: str) -> HttpResponse:
    toasts.success(request, "It waits for a second person. Nothing has changed yet." if waits else words)
    return redirect("spend:budgets")


@requires(Permission.BUDGETS_EDIT)
@require_POST
def answer(request: SignedInRequest, pk: int) -> HttpResponse:
    change, given = load(BudgetRequest.objects.all(), pk=pk), request.POST.get("answer", "")
    acts = {"approve": actions.approve_request, "withdraw": actions.withdraw_request}
    try:
        done = acts.get(given, actions.decline_request)(by=request.user, request=change)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, f"{done} is {done.get_state_display().lower()}.")
    return redirect("spend:budgets")


@requires(Permission.BUDGETS_EDIT)
@require_POST
def reconcile(request: SignedInRequest, pk: int) -> HttpResponse:
    lease = load(Lease.objects.select_related("period__budget"), pk=pk)
    form = ReconcileForm(request.POST)
    try:
        if form.is_valid():
            actions.reconcile_lease(by=request.user, lease=lease, **form.cleaned_data)
            toasts.success(request, "The lost lease is settled.")
        else:
            toasts.error(request, "Say how much was really spent, in USD, and how you know it.")
    except AiopsError as error:
        toasts.error(request, str(error))
    return redirect("spend:budget", pk=lease.period.budget_id)
