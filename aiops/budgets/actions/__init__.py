"""What may be asked for: a budget set or removed, a request answered, leases lost and settled."""

from aiops.budgets.actions.budgets import remove_budget, set_budget
from aiops.budgets.actions.leases import lose_leases, lose_leases_of, reconcile_lease
from aiops.budgets.actions.requests import approve_request, decline_request, withdraw_request

__all__ = [
    "approve_request",
    "decline_request",
    "lose_leases",
    "lose_leases_of",
    "reconcile_lease",
    "remove_budget",
    "set_budget",
    "withdraw_request",
]
