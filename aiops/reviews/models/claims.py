"""Who has a ticket."""

from django.db import models

from aiops.accounts.models import User
from aiops.core import clock
from aiops.gateway.models import Ticket


class TicketClaim(models.Model):
    """Whoever had the ticket last: it is theirs until `lease_until`, then anybody's. One row for a ticket."""

    ticket = models.OneToOneField(Ticket, primary_key=True, on_delete=models.CASCADE, related_name="claim")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(default=clock.now)
    lease_until = models.DateTimeField()
    note = models.TextField(blank=True)  # of the colleague who handed it over

    class Meta:
        indexes = (models.Index(fields=("person", "lease_until"), name="reviews_claim_of_person"),)

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.person_id}"

    @property
    def holds(self) -> bool:
        return self.lease_until > clock.now()
