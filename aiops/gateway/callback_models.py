"""The telling of a ticket's end to the application that waits for it, and each try at that."""

from django.db import models
from django.db.models import Q

from aiops.core import clock


class Callback(models.Model):
    """What is still to be told of a ticket, or was. `tries` are those of this round."""

    class State(models.TextChoices):
        WAITING = "waiting", "On its way"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"

    ticket = models.OneToOneField(
        "gateway.Ticket", on_delete=models.CASCADE, primary_key=True, related_name="callback"
    )
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, default=clock.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state="waiting", next_at__isnull=False)
                | Q(state__in=("delivered", "failed"), next_at=None),
                name="gateway_callback_next_at",
            ),
        )
        indexes = (
            models.Index(fields=("next_at",), condition=Q(state="waiting"), name="gateway_callback_waiting"),
        )

    def __str__(self) -> str:
        return f"callback of {self.ticket_id}"


class CallbackTry(models.Model):
    """One POST. `status` None: there was no answer. `said`: what went wrong, or the answer's beginning."""

    callback = models.ForeignKey(Callback, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(default=clock.now)
    address = models.CharField(max_length=2000)
    status = models.PositiveSmallIntegerField(null=True)
    said = models.TextField(blank=True)
    took_ms = models.FloatField(default=0)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.callback_id}: {self.status or self.said}"

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300
