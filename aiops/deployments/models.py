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
