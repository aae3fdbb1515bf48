"""Named questions about budgets. Nothing here writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Q, QuerySet

from aiops.accounts import queries as accounts
from aiops.budgets.limit import Limit, room_gained
from aiops.budgets.models import Budget, BudgetRequest, Lease, Period
from aiops.budgets.periods import period_of
from aiops.core import clock
from aiops.core.money import ZERO


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget in its running period: what is gone, what is out with processes, what is left. USD."""

    budget: Budget
    spent: Decimal = ZERO
    held: Decimal = ZERO
    overrun: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        left: Decimal = self.budget.amount - self.spent - self.held
        return max(ZERO, left)

    @property
    def over(self) -> Decimal:
        """What was spent beyond the amount."""
        over: Decimal = self.spent - self.budget.amount
        return max(ZERO, over)

    @property
    def state(self) -> str:
        """bad: used up; warn: past the share that warns; else good."""
        gone = self.spent + self.held
        if gone >= self.budget.amount:
            return "bad"
        return "warn" if gone >= self.budget.amount * self.budget.soft_share else "good"

    @property
    def bar(self) -> tuple[str, str, str]:
        """Widths of spent and held, and where the limit is, in percent of the bar, for SVG."""
        whole = max(self.budget.amount, self.spent + self.held) or Decimal(1)
        spent, held, limit = (100 * part / whole for part in (self.spent, self.held, self.budget.amount))
        return f"{spent:.2f}%", f"{held:.2f}%", f"{limit:.2f}%"


def budgets(text: str = "") -> QuerySet[Budget]:
    """Budgets with tenant and feature, those of everything first."""
    rows = Budget.objects.select_related("tenant", "feature")
    if text:
        rows = rows.filter(Q(tenant__slug__icontains=text) | Q(feature__slug__icontains=text))
    order = (F(name).asc(nulls_first=True) for name in ("tenant__slug", "feature__slug"))
    return rows.order_by(*order, "-period")


def budget_of(tenant: int | None, feature: int | None, period: str) -> Budget | None:
    return Budget.objects.filter(tenant=tenant, feature=feature, period=period).first()


def standings(found: Iterable[Budget], now: datetime | None = None) -> list[Standing]:
    """How each stands in the period that `now` lies in, in one query."""
    rows, at = list(found), now or clock.now()
    begins = {kind: period_of(kind, at)[0] for kind in ("day", "month")}
    running = Q(budget__period="day", begins=begins["day"]) | Q(
        budget__period="month", begins=begins["month"]
    )
    periods = {one.budget_id: one for one in Period.objects.filter(running, budget__in=rows)}
    return [_standing(budget, periods.get(budget.pk)) for budget in rows]


def _standing(budget: Budget, period: Period | None) -> Standing:
    if period is None:
        return Standing(budget)
    return Standing(budget, period.spent, period.leased, period.overrun)


def limit_of(budget: Budget) -> Limit:
    return Limit(budget.amount, budget.hard, budget.soft_share)


def asks_for_two(before: Limit, wanted: Limit | None) -> bool:
    """Whether so much more room needs a second person in this workspace. Less never does."""
    gained = room_gained(before, wanted)
    return bool(gained) and accounts.workspace().asks_for_two(amount=gained)


def waiting_requests() -> QuerySet[BudgetRequest]:
    return BudgetRequest.objects.filter(state="waiting").select_related("budget", "asked_by")


def lost_leases() -> QuerySet[Lease]:
    """Leases of hosts that are gone: what was not settled of them counts as spent."""
    return (
        Lease.objects.filter(state=Lease.State.LOST)
        .select_related("period__budget__tenant", "period__budget__feature")
        .order_by("-id")
    )
