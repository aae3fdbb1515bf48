"""Limits set and removed. Less room is at once; more may wait for a second person."""

from decimal import Decimal

from django.db import IntegrityError, transaction

from aiops.accounts.models import User
from aiops.audit import actions as audit
from aiops.budgets import queries
from aiops.budgets.limit import Limit
from aiops.budgets.models import Budget, BudgetRequest, Period
from aiops.budgets.periods import period_of
from aiops.budgets.putting import put, take_away
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput
from aiops.core.money import ZERO
from aiops.features.models import Feature
from aiops.tenants.models import Tenant


@transaction.atomic
def set_budget(
    *,
    by: Actor,
    tenant: Tenant | None,
    feature: Feature | None,
    period: str,
    limit: Limit,
    spent: Decimal = ZERO,
    reason: str = "",
) -> BudgetRequest | None:
    """Bound what `tenant` and `feature` (None: all of them) may spend in each day or month.

    A new one begins with `spent`, what has gone in the running period already. One that gives more room than
    the workspace lets one person give waits for a second one: then the request is given back.
    """
    if limit.problem or period not in Budget.Kind.values:
        raise InvalidInput(limit.problem or "A budget is daily or monthly.")
    rows = Budget.objects.select_for_update(of=("self",)).select_related("tenant", "feature")
    budget = rows.filter(tenant=tenant, feature=feature, period=period).first()
    if budget is None:
        _create(by, tenant, feature, period, limit, spent, reason.strip())
        return None
    before = queries.limit_of(budget)
    if before == limit:
        return None
    if isinstance(by, User) and queries.asks_for_two(before, limit):
        return _ask(by, budget, limit, reason.strip())
    put(by, budget, limit, reason.strip())
    return None


@transaction.atomic
def remove_budget(*, by: Actor, budget: Budget, reason: str = "") -> BudgetRequest | None:
    """Take the limit away; from the amount on that the workspace says, a second person has to agree."""
    rows = Budget.objects.select_for_update(of=("self",)).select_related("tenant", "feature")
    locked = rows.get(pk=budget.pk)
    if isinstance(by, User) and queries.asks_for_two(queries.limit_of(locked), None):
        return _ask(by, locked, None, reason.strip())
    take_away(by, locked, reason.strip())
    return None


def _create(
    by: Actor,
    tenant: Tenant | None,
    feature: Feature | None,
    period: str,
    limit: Limit,
    spent: Decimal,
    reason: str,
) -> None:
    try:
        with transaction.atomic():
            budget = Budget.objects.create(
                tenant=tenant,
                feature=feature,
                period=period,
                amount=limit.amount,
                hard=limit.hard,
                soft_share=limit.soft_share,
            )
    except IntegrityError:
        raise Conflict("Somebody else has just set this budget. Reload the page.") from None
    begins, ends = period_of("day" if period == "day" else "month", clock.now())
    Period.objects.create(budget=budget, begins=begins, ends=ends, spent=spent)
    audit.record(
        by=by,
        action="budgets.budget_set",
        on=budget,
        feature=feature.slug if feature else "",
        after=limit.as_json() | {"spent_before": str(spent)},
        reason=reason,
    )


def _ask(by: User, budget: Budget, wanted: Limit | None, reason: str) -> BudgetRequest:
    try:
        with transaction.atomic():
            request = BudgetRequest.objects.create(
                budget=budget,
                label=str(budget)[:300],
                before=queries.limit_of(budget).as_json(),
                wanted=wanted.as_json() if wanted else None,
                reason=reason,
                asked_by=by,
            )
    except IntegrityError:
        raise Conflict(
            f"A change of the {budget} waits already. Decide or withdraw that one first."
        ) from None
    audit.record(
        by=by,
        action="budgets.change_asked",
        on=request,
        label=f"the {budget}",
        before=request.before,
        after=request.wanted,
        reason=reason,
    )
    return request
