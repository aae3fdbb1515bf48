"""Whether a judge may be trusted in a feature, and since when."""

from django.db import models
from django.db.models import F, Q

from aiops.core import clock
from aiops.features.models import Feature


class JudgeTrust(models.Model):
    """A time in which a judge was in one state. The one without `until` is the present.

    `digest` names the judge (`judges.digest_of`). `figures` were reckoned at `at`: see `weighing.figures`.
    """

    class State(models.TextChoices):
        TRUSTED = "TRUSTED", "Trusted"
        NOT_TRUSTED = "NOT_TRUSTED", "Not trusted"
        UNKNOWN = "UNKNOWN", "Unknown"

    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="judge_trusts")
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=11, choices=State)
    because = models.CharField(max_length=300)
    figures = models.JSONField()
    since = models.DateTimeField(default=clock.now)
    until = models.DateTimeField(null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("feature", "digest"), condition=Q(until=None), name="evaluations_trust_one_present"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="evaluations_trust_until_after_since"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("TRUSTED", "NOT_TRUSTED", "UNKNOWN")), name="evaluations_trust_state"
            ),
        )
        indexes = (models.Index(fields=("feature", "digest", "-id"), name="evaluations_trust_history"),)

    def __str__(self) -> str:
        return f"{self.state} of {self.digest[:8]}"
