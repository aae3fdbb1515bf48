"""What somebody should look at: raised once for each open key, until somebody closes it.

Without foreign keys: every app above may raise an alert, so features, tenants and people stand here by name.
"""

from django.db import models
from django.db.models import Q

from aiops.core import clock


class Alert(models.Model):
    """One thing that is wrong. Raising the same `key` again while it is not closed counts in `times`."""

    class Severity(models.IntegerChoices):
        INFO = 1, "Info"
        WARNING = 2, "Warning"
        CRITICAL = 3, "Critical"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        MUTED = "muted", "Muted"
        CLOSED = "closed", "Closed"

    key = models.CharField(max_length=200)  # "drift:support-summary": what it is about
    severity = models.PositiveSmallIntegerField(choices=Severity, default=Severity.WARNING)
    what = models.CharField(max_length=300)
    where = models.CharField(max_length=300, blank=True)
    todo = models.TextField(blank=True)
    link = models.CharField(max_length=500, blank=True)  # a path of this console
    feature = models.CharField(max_length=100, blank=True, db_index=True)
    tenant = models.CharField(max_length=100, blank=True)
    needs = models.CharField(max_length=60, blank=True)  # the permission without which nobody sees it
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    times = models.PositiveIntegerField(default=0)
    raised_at = models.DateTimeField(default=clock.now)
    raised_by = models.CharField(max_length=320, blank=True)
    last_at = models.DateTimeField(default=clock.now)  # when it was raised last
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=320, blank=True)
    muted_at = models.DateTimeField(null=True)
    muted_by = models.CharField(max_length=320, blank=True)
    muted_until = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=320, blank=True)
    note = models.TextField(blank=True)  # why it was muted or closed

    class Meta:
        ordering = ("-last_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("key",), condition=~Q(state="closed"), name="alerts_once_per_open_key"
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) & ~Q(closed_by="")
                | ~Q(state="closed") & Q(closed_at=None, closed_by=""),
                name="alerts_closed_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by="")
                | Q(acknowledged_at__isnull=False) & ~Q(acknowledged_by=""),
                name="alerts_acknowledged_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(muted_at=None, muted_by="", muted_until=None)
                | Q(muted_at__isnull=False, muted_until__isnull=False) & ~Q(muted_by=""),
                name="alerts_muted_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(state="acknowledged", acknowledged_at__isnull=False) | ~Q(state="acknowledged"),
                name="alerts_acknowledged_has_when",
            ),
            models.CheckConstraint(
                condition=Q(state="muted", muted_at__isnull=False) | ~Q(state="muted"),
                name="alerts_muted_has_when",
            ),
        )
        indexes = (
            models.Index(
                fields=("feature", "severity"), condition=~Q(state="closed"), name="alerts_standing"
            ),
        )

    def __str__(self) -> str:
        return self.what if not self.needs else f"alert {self.pk}"  # who may not see it may read the label

    @property
    def is_closed(self) -> bool:
        return self.state == self.State.CLOSED

    @property
    def is_muted(self) -> bool:
        """Muted, and the time has not come: afterwards it counts as open again by itself."""
        return (
            self.state == self.State.MUTED and self.muted_until is not None and self.muted_until > clock.now()
        )

    @property
    def is_open(self) -> bool:
        """Nobody has taken it on yet."""
        return self.state == self.State.OPEN or (self.state == self.State.MUTED and not self.is_muted)
