"""The port `Ledger` on leases: which budgets apply, and each hold in the journal before it is used."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aiops.budgets.ledger import Hold, Ledger, NoRoom
from aiops.gateway.call_ids import time_of
from aiops.gateway.errors import OverBudget
from aiops.gateway.messages import Call
from aiops.gateway.picture import Budget, Picture
from aiops.gateway.recording import SpoolRecorder

Applying = tuple[list[Budget], list[Budget]]
MOST_KNOWN = 10_000


class BudgetLedger:
    """The port `Ledger`: which budgets apply to a call, and each hold in the journal before it is used."""

    def __init__(self, ledger: Ledger, recorder: SpoolRecorder) -> None:
        self._ledger = ledger
        self._recorder = recorder
        self._known: dict[tuple[str, str], Applying] = {}  # by tenant and feature
        self._picture: Picture | None = None

    async def hold(self, call: Call, worst: Decimal) -> "JournalledHold":
        budgets, holding = self._budgets(call)
        try:
            hold = await self._ledger.hold(worst, holding)
        except NoRoom as refused:
            raise _no_room(refused, budgets) from None
        call.trace.over_soft = self._ledger.nearly(budgets)
        if hold.leases:
            self._recorder.journal(hold.id, _facts(call, hold))
        return JournalledHold(hold, self._recorder)

    def _budgets(self, call: Call) -> "Applying":
        """Those that count for the call, and those of them that money is held from."""
        if call.picture is not self._picture or len(self._known) > MOST_KNOWN:
            self._picture, self._known = call.picture, {}
        whose = (call.payer or call.tenant, call.feature.slug)
        known = self._known.get(whose)
        if known is None:
            budgets = budgets_of(call.picture, *whose)
            known = self._known[whose] = (budgets, [one for one in budgets if one.amount or one.hard])
        return known


class JournalledHold:
    """A hold whose end is in the journal too, where no record will say it."""

    __slots__ = ("_hold", "_recorder", "id", "leases", "worst")

    def __init__(self, hold: Hold, recorder: SpoolRecorder) -> None:
        self._hold = hold
        self._recorder = recorder
        self.id = hold.id
        self.worst = hold.worst
        self.leases = hold.leases

    def settle(self, cost: Decimal | None) -> None:
        self._hold.settle(cost)

    def free(self) -> None:
        """No attempt needed it."""
        self._hold.settle(Decimal(0))
        if self.leases:
            self._recorder.freed(self.id)


def budgets_of(picture: Picture, tenant: str, feature: str) -> list[Budget]:
    """Those that a call of the feature by the tenant counts against."""
    return [
        budget
        for budget in picture.budgets
        if budget.tenant in {None, tenant} and budget.feature in {None, feature}
    ]


def _no_room(refused: NoRoom, budgets: Sequence[Budget]) -> OverBudget:
    known = next((budget for budget in budgets if budget.id == refused.budget.id), None)
    whose = " × ".join(part for part in (known.tenant, known.feature) if part) if known else ""
    name = {"day": "daily", "month": "monthly"}[refused.budget.period]
    if refused.away:
        return OverBudget(f"The {name} budget cannot be asked for now: its database is away.", retry_after=5)
    seconds = (refused.ends - datetime.now(UTC)).total_seconds()
    return OverBudget(
        f"The {name} budget{f' of {whose}' if whose else ''} leaves no room.", retry_after=max(1, seconds)
    )


def _facts(call: Call, hold: Hold) -> dict[str, Any]:
    model = call.models[0] if call.models else None
    return {
        "id": call.id,
        "at": time_of(call.id),
        "tenant": call.payer or call.tenant,
        "feature": call.feature.slug,
        "model": model.name if model else "",
        "provider": model.provider if model else "",
        "worst": str(hold.worst),
        "leases": list(hold.leases),
    }
