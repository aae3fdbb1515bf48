"""What a feature asks of a change, what the gate said of one, and who accepted it all the same."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.core import clock
from aiops.evaluations.models.runs import Run
from aiops.features.models import Feature

USUAL_SIZES = (50, 100, 200)  # cases for a narrow prompt, for a launch, for a multi-purpose prompt


def usual_sizes() -> list[int]:
    return list(USUAL_SIZES)


class GatePolicy(models.Model):
    """A feature's demands. Immutable by trigger: a change is another row with the next number.

    Shares are 0..1. With a `deciding_scorer` that scorer alone decides, else a case passes where every scorer
    passes. What `required_scorers` cannot judge has no result.
    """

    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="gate_policies")
    number = models.PositiveIntegerField()
    margin = models.FloatField(default=0.05)  # a fall that is allowed
    alpha = models.FloatField(default=0.05)
    max_missing = models.FloatField(default=0.02)
    min_cases = models.PositiveIntegerField(default=30)
    min_clusters = models.PositiveIntegerField(default=10)
    min_category = models.PositiveIntegerField(default=20)
    deciding_scorer = models.CharField(max_length=100, blank=True)
    required_scorers = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    sizes = ArrayField(models.PositiveIntegerField(), default=usual_sizes)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("feature", "-number")
        constraints = (
            models.UniqueConstraint(fields=("feature", "number"), name="evaluations_gatepolicy_number"),
            models.CheckConstraint(
                condition=Q(margin__gt=0, margin__lt=1, alpha__gt=0, alpha__lt=1)
                & Q(max_missing__gte=0, max_missing__lte=1),
                name="evaluations_gatepolicy_shares",
            ),
        )

    DEMANDS: ClassVar[tuple[str, ...]] = (
        "margin",
        "alpha",
        "max_missing",
        "min_cases",
        "min_clusters",
        "min_category",
        "deciding_scorer",
        "required_scorers",
        "sizes",
    )

    def __str__(self) -> str:
        return f"policy {self.number} of {self.feature}" if self.number else "the default policy"


class Verdict(models.Model):
    """What the gate says of `candidate` against `baseline`, with its evidence. Immutable by trigger.

    `policy` is null where the feature had none, and the defaults held. `decision` is made by `evidence.py`.
    """

    class Outcome(models.TextChoices):
        PASS = "PASS", "Pass"
        BLOCK = "BLOCK", "Block"
        INCONCLUSIVE = "INCONCLUSIVE", "Inconclusive"

    candidate = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="verdicts")
    baseline = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    policy = models.ForeignKey(GatePolicy, null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome)
    reason = models.CharField(max_length=20)  # of gate.decision.Reason
    sentence = models.TextField()  # "Japanese fell 31 points (19 to 41), although the average rose 2"
    why = models.TextField(blank=True)
    decision = models.JSONField()
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("candidate", "baseline", "policy"), name="evaluations_verdict_once"
            ),
            models.UniqueConstraint(
                fields=("candidate", "baseline"),
                condition=Q(policy=None),
                name="evaluations_verdict_once_by_default",
            ),
            models.CheckConstraint(
                condition=~Q(candidate=F("baseline")), name="evaluations_verdict_of_two_runs"
            ),
        )

    def __str__(self) -> str:
        return f"{self.outcome}: {self.sentence}"

    @property
    def accepted(self) -> bool:
        """Whether a named person took it on themselves."""
        return hasattr(self, "acceptance")

    @property
    def lets_ship(self) -> bool:
        """A PASS, or one that was accepted."""
        return self.outcome == self.Outcome.PASS or self.accepted


class Acceptance(models.Model):
    """Who accepted a BLOCK or INCONCLUSIVE, and why. Immutable by trigger."""

    verdict = models.OneToOneField(Verdict, on_delete=models.CASCADE, related_name="acceptance")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(reason=""), name="evaluations_acceptance_has_a_reason"),
        )

    def __str__(self) -> str:
        return f"{self.verdict_id} accepted by {self.by}"
