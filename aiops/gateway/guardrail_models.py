"""What guardrails found, by the hour, and the calls to look at."""

from django.db import models


class GuardrailHour(models.Model):
    """How many answers of a feature's hour a guardrail read, and what became of those that did not pass.

    `failed`: they did not pass, released (it only observes) or not; `mended` by the guardrail itself;
    `repaired` by the model, when it was told.
    """

    hour = models.DateTimeField()
    feature = models.CharField(max_length=60)
    guardrail = models.CharField(max_length=20)
    enforced = models.BooleanField()
    checked = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    mended = models.BigIntegerField(default=0)
    repaired = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("feature", "hour", "guardrail", "enforced"), name="gateway_guardrail_hour"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    checked__gte=models.F("failed") + models.F("mended") + models.F("repaired")
                ),
                name="gateway_guardrail_counts",
            ),
        )

    def __str__(self) -> str:
        return f"{self.feature} {self.guardrail} {self.hour:%Y-%m-%d %H}h"


class GuardrailFailure(models.Model):
    """A call whose answer did not pass at first. `at` is the call's, so that it is found in its partition."""

    class Kind(models.TextChoices):
        REFUSED = "refused", "Refused"
        OBSERVED = "observed", "Observed"
        MENDED = "mended", "Masked"
        REPAIRED = "repaired", "Mended by the model"

    call_id = models.CharField(max_length=40)
    at = models.DateTimeField()
    feature = models.CharField(max_length=60)
    guardrail = models.CharField(max_length=20)
    kind = models.CharField(max_length=8, choices=Kind)

    class Meta:
        ordering = ("-at", "-id")
        indexes = (
            models.Index(fields=("feature", "guardrail", "-at"), name="gateway_guardrail_failed"),
            models.Index(fields=("at",), name="gateway_guardrail_old"),
        )

    def __str__(self) -> str:
        return f"{self.guardrail}: {self.call_id}"
