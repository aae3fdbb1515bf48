"""Named questions about tickets. Nothing here writes."""

from datetime import timedelta

from django.db.models import Count, Q, QuerySet

from aiops.core import clock
from aiops.gateway.models import Callback, Ticket

SOON = timedelta(hours=1)
State = Ticket.State


def waits() -> Q:
    """Tickets that a person may still do something about: what is overdue has expired."""
    return Q(state=State.WAITING, due_at__gt=clock.now())


def tickets_listed(
    state: str = "", kind: str = "", feature: str = "", tenant: str = ""
) -> "QuerySet[Ticket]":
    """Tickets in a state ("": those that wait, nearest deadline first; "all"), narrowed by what is given."""
    rows = Ticket.objects.all()
    if state == State.EXPIRED:
        rows = rows.filter(Q(state=State.EXPIRED) | Q(state=State.WAITING, due_at__lte=clock.now()))
    elif state in {State.ANSWERED, State.REJECTED}:
        rows = rows.filter(state=state)
    elif state != "all":
        rows = rows.filter(waits())
    equal = {"kind": kind, "feature": feature, "tenant": tenant}
    rows = rows.filter(**{name: value for name, value in equal.items() if value})
    return rows.order_by(*(("due_at", "id") if not state else ("-due_at", "-id")))


def counts() -> dict[str, int]:
    """How many wait, of each kind, and how many of them for an hour at most."""
    kinds = {kind.value: Count("pk", filter=Q(kind=kind)) for kind in Ticket.Kind}
    soon = Count("pk", filter=Q(due_at__lt=clock.now() + SOON))
    return Ticket.objects.filter(waits()).aggregate(waiting=Count("pk"), soon=soon, **kinds)


def features() -> list[str]:
    """The features that ever had a ticket."""
    return list(Ticket.objects.order_by("feature").values_list("feature", flat=True).distinct())


def after(ticket: Ticket) -> Ticket | None:
    """The next one to look at for a person: a worker tries deferred ones by itself."""
    rows = Ticket.objects.filter(waits()).exclude(kind=Ticket.Kind.DEFERRED)
    return rows.exclude(pk=ticket.pk).order_by("due_at", "id").first()


def told(ticket: Ticket) -> Callback | None:
    """What its application was told of the ticket, with the tries at `attempts`."""
    return Callback.objects.prefetch_related("attempts").filter(ticket=ticket).first()
