"""What the live judge says of calls, and how far it has looked."""

from django.db import models
from django.db.models import Q

from aiops.catalog.models import Model
from aiops.core import clock
from aiops.core.money import ZERO, money_field
from aiops.features.models import Feature
from aiops.prompts.models import Version


class JudgedCall(models.Model):
    """A call that the live judge of its feature is asked about, once; the row outlives the call's.

    `probability` is that of having been chosen, 0 < π ≤ 1, the same for all calls of a time. Not `is_random`:
    judged since people grade it, so that it says nothing of how many calls pass. `digest` is the judge: its
    rubric's hash, its model and how it is asked.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for the judge"
        JUDGED = "judged", "Judged"
        FAILED = "failed", "The judge gave no verdict"
        MISSED = "missed", "Never asked"

    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="judged_calls")
    call_id = models.CharField(max_length=40)
    at = models.DateTimeField()  # of the call
    tenant = models.CharField(max_length=60, blank=True)
    locale = models.CharField(max_length=35, blank=True)
    category = models.CharField(max_length=200, blank=True)
    approach_name = models.CharField(max_length=200, blank=True)
    version_id = models.BigIntegerField(null=True)
    version_number = models.IntegerField(null=True)
    model = models.CharField(max_length=200, blank=True)
    arm = models.CharField(max_length=10, blank=True)
    routed = models.BooleanField(default=False)  # the router chose the model

    judge_version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    judge_model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    probability = models.FloatField()
    is_random = models.BooleanField(default=True)

    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    value = models.FloatField(null=True)  # 0..1
    passed = models.BooleanField(null=True)
    unsure = models.BooleanField(default=False)  # asked several times, it disagreed with itself
    reason = models.TextField(blank=True)
    cost = money_field(default=ZERO)
    unaccounted = money_field(default=ZERO)
    chosen_at = models.DateTimeField(default=clock.now)
    judged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("call_id", "digest"), name="reviews_judged_once"),
            models.CheckConstraint(
                condition=Q(probability__gt=0, probability__lte=1), name="reviews_judged_probability"
            ),
            models.CheckConstraint(
                condition=Q(
                    state="judged", passed__isnull=False, value__range=(0, 1), judged_at__isnull=False
                )
                | Q(state="waiting", passed=None, value=None, judged_at=None)
                | Q(state__in=("failed", "missed"), passed=None, value=None, judged_at__isnull=False),
                name="reviews_judged_verdict",
            ),
            models.CheckConstraint(condition=Q(cost__gte=0, unaccounted__gte=0), name="reviews_judged_money"),
        )
        indexes = (
            models.Index(fields=("feature", "-at"), name="reviews_judged_newest"),
            models.Index(
                fields=("feature", "-at"), condition=Q(state="waiting"), name="reviews_judged_waiting"
            ),
        )

    def __str__(self) -> str:
        return f"{self.call_id}: {self.state}"


class JudgeWatch(models.Model):
    """How far a feature's live judge has looked, and which worker has it: who claims raises `token`.

    `problem` says in words why calls wait: the budget leaves no room, the vendor refuses. Empty: they don't.
    """

    feature = models.OneToOneField(Feature, on_delete=models.CASCADE, related_name="judge_watch")
    seen_until = models.DateTimeField()
    token = models.PositiveIntegerField(default=0)
    held_by = models.CharField(max_length=100, blank=True)  # the name of the leases of who has it
    heartbeat_at = models.DateTimeField(null=True)  # null: nobody has it
    problem = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(heartbeat_at=None, held_by="") | (Q(heartbeat_at__isnull=False) & ~Q(held_by="")),
                name="reviews_watch_held",
            ),
        )

    def __str__(self) -> str:
        return f"live judge of {self.feature_id}"
