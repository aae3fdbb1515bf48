"""Budgets, requests for more room, and leases."""

from decimal import Decimal
from typing import Any

from aiops.budgets.models import Budget, BudgetRequest, Lease, Period
from aiops.budgets.periods import period_of
from aiops.core import clock
from tests.factories.numbers import number
from tests.factories.people import make_tenant, make_user


def make_budget(**values: Any) -> Budget:
    """A hard monthly one of 100 USD of a new tenant; `spent` and `leased` are of its running period."""
    facts = {name: values.pop(name) for name in ("spent", "leased", "overrun") if name in values}
    if "tenant" not in values:
        values["tenant"] = make_tenant()
    budget = Budget.objects.create(**{"period": "month", "amount": Decimal(100), **values})
    begins, ends = period_of("day" if budget.period == "day" else "month", clock.now())
    Period.objects.create(budget=budget, begins=begins, ends=ends, **facts)
    return budget


def make_budget_request(**values: Any) -> BudgetRequest:
    """Somebody asks for 500 USD instead of 100."""
    budget = values.pop("budget", None) or make_budget()
    facts = {
        "label": str(budget),
        "before": {"amount": "100", "hard": True, "soft_share": "0.80"},
        "wanted": {"amount": "500", "hard": True, "soft_share": "0.80"},
        "asked_by": values.pop("asked_by", None) or make_user(roles=["finance"]),
    }
    return BudgetRequest.objects.create(budget=budget, **{**facts, **values})


def make_lease(**values: Any) -> Lease:
    """2 USD of a budget, 0.5 of them settled, of a host that is lost."""
    state = values.get("state", "lost")
    held = {"leased": Decimal("1.5"), "spent": Decimal("0.5")} if state == "open" else {"spent": Decimal(2)}
    budget = values.pop("budget", None) or make_budget(**held)
    facts = {"granted": Decimal(2), "settled": Decimal("0.5"), "state": state, "expires_at": clock.now()}
    return Lease.objects.create(
        period=budget.periods.get(), instance=f"host-{number()}", **{**facts, **values}
    )
