"""A limit for a period; what has gone of it; and what gateway processes have been given to spend."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.core import clock
from aiops.core.money import ZERO, money_field
from aiops.features.models import Feature
from aiops.tenants.models import Tenant


class Budget(models.Model):
    """At most `amount` USD in each period: of a tenant, a feature, both together, or everything.

    A hard one refuses what does not fit; a soft one only warns. From `soft_share` on both count as nearly
    used up: then features send calls to their cheaper model first, where their policy says so.
    """

    class Kind(models.TextChoices):
        DAY = "day", "Daily"
        MONTH = "month", "Monthly"

    tenant = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="budgets"
    )
    feature = models.ForeignKey(
        Feature, null=True, blank=True, on_delete=models.PROTECT, related_name="budgets"
    )
    period = models.CharField(max_length=5, choices=Kind)
    amount = money_field()
    hard = models.BooleanField(default=True)
    soft_share = models.DecimalField(max_digits=3, decimal_places=2, default=Decimal("0.80"))
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "feature", "period"), nulls_distinct=False, name="budgets_budget_once"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="budgets_budget_amount"),
            models.CheckConstraint(
                condition=Q(soft_share__gt=0, soft_share__lte=1), name="budgets_budget_soft_share"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_period_display().lower()} budget of {self.scope}"

    @property
    def scope(self) -> str:
        """What it bounds: "acme × summary", "acme", "summary" or "everything"."""
        return " × ".join(str(part) for part in (self.tenant, self.feature) if part) or "everything"


class Period(models.Model):
    """One day or month of a budget, half-open, UTC. `leased` is out with processes, `spent` is gone for good.

    Leasing keeps spent + leased <= the budget's amount by one conditional update. `overrun` is what vendors
    billed beyond what had been held for it; it is part of `spent`.
    """

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="periods")
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    spent = money_field(default=ZERO)
    leased = money_field(default=ZERO)
    overrun = money_field(default=ZERO)

    class Meta:
        ordering = ("-begins",)
        constraints = (
            models.UniqueConstraint(fields=("budget", "begins"), name="budgets_period_once"),
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="budgets_period_half_open"),
            models.CheckConstraint(
                condition=Q(spent__gte=0, leased__gte=0, overrun__gte=0), name="budgets_period_money"
            ),
        )

    def __str__(self) -> str:
        return f"{self.budget} from {self.begins:%Y-%m-%d}"


class Lease(models.Model):
    """What a process may spend of a period. `granted - settled` of it is part of the period's `leased`.

    A lost one belongs to a host that is gone: all of it counts as spent until somebody reconciles it.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"
        LOST = "lost", "Lost"

    ACTIVE: ClassVar[tuple[State, ...]] = (State.OPEN,)

    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="leases")
    instance = models.CharField(max_length=200)
    granted = money_field(default=ZERO)
    settled = money_field(default=ZERO)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("period", "instance"), condition=Q(state="open"), name="budgets_lease_open_once"
            ),
            models.CheckConstraint(condition=Q(granted__gte=0, settled__gte=0), name="budgets_lease_money"),
        )
        indexes = (
            models.Index(fields=("expires_at",), condition=Q(state="open"), name="budgets_lease_expiring"),
            models.Index(fields=("instance",), name="budgets_lease_instance"),
        )

    def __str__(self) -> str:
        return f"lease {self.pk} of {self.instance}"


class BudgetRequest(models.Model):
    """More room, asked for and waiting for a second person. `wanted` null: no limit at all."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for a second person"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    budget = models.ForeignKey(Budget, null=True, on_delete=models.SET_NULL, related_name="requests")
    label = models.CharField(max_length=300)  # the budget in words, which outlives it
    before = models.JSONField()
    wanted = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(default=clock.now)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("budget",), condition=Q(state="waiting"), name="budgets_request_waiting_once"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None, decided_by=None)
                | (~Q(state="waiting") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="budgets_request_decided_at_and_decided_by",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(asked_by=F("decided_by")),
                name="budgets_request_second_person",
            ),
        )

    def __str__(self) -> str:
        return f"Budget request {self.pk}"
