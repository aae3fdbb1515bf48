"""Money that gateways had on lease when their host went away."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F

from aiops.audit import actions as audit
from aiops.budgets import leasing
from aiops.budgets.models import Lease, Period
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput
from aiops.core.money import ZERO, usd

GONE = timedelta(minutes=10)  # a lease that nobody renewed or gave back for so long: its host is gone


@transaction.atomic
def lose_leases(*, by: Actor, before: datetime | None = None) -> list[int]:
    """Count as spent what is still out with hosts that are gone; the ids of those leases.

    A gateway of the same host takes over what a dead one left behind within seconds, and gives back its
    leases. So a lease that has been over for ten minutes belongs to a host on which nobody does.
    """
    return list(_lose(by, None, before or clock.now() - GONE))


@transaction.atomic
def lose_leases_of(*, by: Actor, instance: str) -> Decimal:
    """Count as spent what is still out with `instance`, which died with calls under way; how much, in USD.

    For workers whose results say what they spent: what is not settled by now nobody knows.
    """
    return max(_lose(by, instance, None).values(), default=ZERO)


def _lose(by: Actor, instance: str | None, before: datetime | None) -> dict[int, Decimal]:
    """What was lost, by lease."""
    values = {"instance": instance, "before": before}
    with connection.cursor() as cursor:
        cursor.execute(leasing.LOCK_OF, values)
        cursor.execute(leasing.LOSE, values)
        found = dict(cursor.fetchall())
    for lease in Lease.objects.filter(pk__in=found).order_by("pk"):
        audit.record(
            by=by,
            action="budgets.lease_lost",
            on=lease,
            after={"granted": str(lease.granted), "settled": str(lease.settled)},
        )
    return found


@transaction.atomic
def reconcile_lease(*, by: Actor, lease: Lease, spent: Decimal, reason: str) -> Lease:
    """Say what of a lost lease was really spent beyond the calls that are known; the rest goes back.

    InvalidInput without a reason, or where `spent` is more than was lost. Conflict where it is settled.
    """
    period = Period.objects.select_for_update().get(pk=lease.period_id)  # first, as everywhere
    found = Lease.objects.select_for_update().get(pk=lease.pk)
    if found.state != Lease.State.LOST:
        raise Conflict("This lease is settled already.")
    rest = max(ZERO, found.granted - found.settled)
    if not ZERO <= spent <= rest:
        raise InvalidInput(f"Of this lease {usd(rest)} were lost: it is between 0 and that.")
    if not reason.strip():
        raise InvalidInput("Say how you know it, the vendor's bill for example: it stands in the audit.")
    Period.objects.filter(pk=period.pk).update(spent=F("spent") - (rest - spent))
    before = {"state": "lost", "granted": str(found.granted), "settled": str(found.settled)}
    found.state, found.settled = Lease.State.CLOSED, found.settled + spent
    found.granted = found.settled
    found.save(update_fields=["state", "granted", "settled"])
    after = {"state": "closed", "granted": str(found.granted), "settled": str(found.settled)}
    audit.record(
        by=by, action="budgets.lease_reconciled", on=found, before=before, after=after, reason=reason.strip()
    )
    return found
