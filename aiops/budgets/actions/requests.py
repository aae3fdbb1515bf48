"""The second person's answer to a request for more room."""

from django.db import transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.budgets.limit import Limit
from aiops.budgets.models import Budget, BudgetRequest
from aiops.budgets.putting import put, take_away
from aiops.budgets.queries import limit_of
from aiops.core import clock
from aiops.core.errors import Conflict, NotAllowed


@transaction.atomic
def approve_request(*, by: User, request: BudgetRequest) -> BudgetRequest:
    """Let it happen. NotAllowed for whoever asked; Conflict where the budget is not what it was then."""
    found = _locked(request)
    if found.asked_by_id == by.pk:
        raise NotAllowed("You asked for this: somebody else has to approve it.")
    rows = Budget.objects.select_for_update(of=("self",)).select_related("tenant", "feature")
    budget = rows.filter(requests=found).first()
    if budget is None or limit_of(budget) != Limit.from_json(found.before):
        raise Conflict("The budget has changed since. Decline this, and ask again.")
    decided = _decide(by, found, BudgetRequest.State.APPROVED)
    why = f"{found}, asked by {found.asked_by}"
    if found.wanted is None:
        take_away(by, budget, why)
    else:
        put(by, budget, Limit.from_json(found.wanted), why)
    return decided


@transaction.atomic
def decline_request(*, by: User, request: BudgetRequest) -> BudgetRequest:
    return _decide(by, _locked(request), BudgetRequest.State.DECLINED)


@transaction.atomic
def withdraw_request(*, by: User, request: BudgetRequest) -> BudgetRequest:
    """Take back what oneself asked for. NotAllowed for others, who decline it."""
    found = _locked(request)
    if found.asked_by_id != by.pk:
        raise NotAllowed(f"Only {found.asked_by} can withdraw this. Decline it instead.")
    return _decide(by, found, BudgetRequest.State.WITHDRAWN)


def _locked(request: BudgetRequest) -> BudgetRequest:
    rows = BudgetRequest.objects.select_for_update(of=("self",)).select_related("asked_by")
    found = rows.get(pk=request.pk)
    if found.state != BudgetRequest.State.WAITING:
        raise Conflict(f"{found} is {found.get_state_display().lower()} already.")
    return found


def _decide(by: User, request: BudgetRequest, state: BudgetRequest.State) -> BudgetRequest:
    request.state, request.decided_at, request.decided_by = state, clock.now(), by
    request.save(update_fields=["state", "decided_at", "decided_by"])
    audit.record(
        by=by,
        action=f"budgets.request_{state.value}",
        on=request,
        label=f"{request}: the {request.label}",
        after={"asked_by": request.asked_by.email},
    )
    return request
