"""Which approach serves a feature: a stable one, and for a share of the traffic a candidate."""

import secrets
from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.approaches.models import ClassifierVersion, RuleSetVersion
from aiops.catalog.models import Model
from aiops.core import clock
from aiops.features.models import Feature
from aiops.prompts.models import Version


def new_salt() -> str:
    return secrets.token_hex(8)


class Served(models.Model):
    """An approach that serves or served. Immutable by trigger; what each kind needs is kept by a CHECK."""

    class Kind(models.TextChoices):
        PROMPT = "prompt", "Prompt on a model"
        PASSTHROUGH = "passthrough", "The caller's own messages, on a model"
        RULES = "rules", "Rule set"
        CLASSIFIER = "classifier", "Classifier"
        SEARCH = "search", "Search in the feature's documents"

    kind = models.CharField(max_length=11, choices=Kind)
    version = models.ForeignKey(Version, null=True, on_delete=models.PROTECT, related_name="served")
    model = models.ForeignKey(Model, null=True, on_delete=models.PROTECT, related_name="served")
    rule_set_version = models.ForeignKey(
        RuleSetVersion, null=True, on_delete=models.PROTECT, related_name="served"
    )
    classifier_version = models.ForeignKey(
        ClassifierVersion, null=True, on_delete=models.PROTECT, related_name="served"
    )
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    kind="prompt",
                    version__isnull=False,
                    model__isnull=False,
                    rule_set_version=None,
                    classifier_version=None,
                )
                | Q(
                    kind="passthrough",
                    version=None,
                    model__isnull=False,
                    rule_set_version=None,
                    classifier_version=None,
                )
                | Q(
                    kind="rules",
                    version=None,
                    model=None,
                    rule_set_version__isnull=False,
                    classifier_version=None,
                )
                | Q(
                    kind="classifier",
                    version=None,
                    model=None,
                    rule_set_version=None,
                    classifier_version__isnull=False,
                )
                | Q(kind="search", version=None, model=None, rule_set_version=None, classifier_version=None),
                name="deployments_served_by_kind",
            ),
        )

    def __str__(self) -> str:
        if self.version and self.model:
            return f"{self.version} on {self.model}"
        if self.model:
            return f"the caller's messages on {self.model}"
        return str(self.rule_set_version or self.classifier_version or "search")


class Deployment(models.Model):
    """`share` is the percentage of callers that the candidate serves, sticky by `salt`."""

    feature = models.OneToOneField(Feature, on_delete=models.CASCADE, related_name="deployment")
    stable = models.ForeignKey(Served, on_delete=models.PROTECT, related_name="+")
    candidate = models.ForeignKey(Served, null=True, on_delete=models.PROTECT, related_name="+")
    share = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(0))
    salt = models.CharField(max_length=64, default=new_salt)
    changed_at = models.DateTimeField(default=clock.now)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(share__range=(0, 100)), name="deployments_share"),
            models.CheckConstraint(
                condition=Q(candidate__isnull=False) | Q(share=0), name="deployments_share_of_a_candidate"
            ),
            models.CheckConstraint(
                condition=Q(candidate=None) | ~Q(candidate=F("stable")), name="deployments_two_arms"
            ),
            models.CheckConstraint(condition=~Q(salt="") & ~Q(salt__contains=":"), name="deployments_salt"),
        )

    def __str__(self) -> str:
        return self.feature.slug


class DeploymentRequest(models.Model):
    """More traffic for an approach that nobody reviewed, asked for and waiting for a second person.

    `before` is what served when it was asked; `share` is what the approach is to serve, in percent.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for a second person"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Arm(models.TextChoices):
        STABLE = "stable", "Stable"
        CANDIDATE = "candidate", "Candidate"

    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="deployment_requests")
    arm = models.CharField(max_length=9, choices=Arm)
    served = models.ForeignKey(Served, on_delete=models.PROTECT, related_name="+")
    share = models.DecimalField(max_digits=5, decimal_places=2)
    before = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(default=clock.now)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decision = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("feature",), condition=Q(state="waiting"), name="deployments_request_waiting_once"
            ),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=100), name="deployments_request_share"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None, decided_by=None)
                | (~Q(state="waiting") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="deployments_request_decided_at_and_decided_by",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(asked_by=F("decided_by")),
                name="deployments_request_second_person",
            ),
        )

    def __str__(self) -> str:
        return f"{self.feature.slug}: request {self.pk}"
