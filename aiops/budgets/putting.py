"""Budgets put into force or taken away, recorded; for the actions that may do so at once."""

from aiops.audit import actions as audit
from aiops.budgets.limit import Limit
from aiops.budgets.models import Budget
from aiops.budgets.queries import limit_of
from aiops.core.actors import Actor


def put(by: Actor, budget: Budget, wanted: Limit, reason: str = "") -> None:
    """Let `budget`, locked by the caller, say what is wanted."""
    before = limit_of(budget).as_json()
    budget.amount, budget.hard, budget.soft_share = wanted.amount, wanted.hard, wanted.soft_share
    budget.save(update_fields=["amount", "hard", "soft_share"])
    audit.record(
        by=by,
        action="budgets.budget_set",
        on=budget,
        feature=budget.feature.slug if budget.feature else "",
        before=before,
        after=wanted.as_json(),
        reason=reason,
    )


def take_away(by: Actor, budget: Budget, reason: str = "") -> None:
    """Remove `budget`, locked by the caller, with its periods and leases."""
    audit.record(
        by=by,
        action="budgets.budget_removed",
        on=budget,
        feature=budget.feature.slug if budget.feature else "",
        before=limit_of(budget).as_json(),
        reason=reason,
    )
    budget.delete()
