"""Named questions about tickets. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet

from aiops.accounts.models import User
from aiops.accounts.permissions import ROLES, Permission
from aiops.core import clock
from aiops.datasets.models import Case
from aiops.features.models import Feature
from aiops.gateway.models import Call, Callback, Ticket
from aiops.gateway.queries import by_id
from aiops.reviews.queries import cases

SOON = timedelta(hours=1)
State = Ticket.State


def waits() -> Q:
    """Tickets that a person may still do something about: what is overdue has expired."""
    return Q(state=State.WAITING, due_at__gt=clock.now())


def held() -> Q:
    """Tickets that somebody has."""
    return Q(claim__lease_until__gt=clock.now())


def tickets_listed(
    state: str = "", kind: str = "", feature: str = "", tenant: str = "", who: str = "", *, user: User
) -> "QuerySet[Ticket]":
    """Tickets in a state ("": those that wait, nearest deadline first; "all"), narrowed by what is given.

    `who`: "mine" are those that `user` has, "free" those that nobody has.
    """
    rows = Ticket.objects.select_related("claim__person", "callback")
    if state == State.EXPIRED:
        rows = rows.filter(Q(state=State.EXPIRED) | Q(state=State.WAITING, due_at__lte=clock.now()))
    elif state in {State.ANSWERED, State.REJECTED}:
        rows = rows.filter(state=state)
    elif state != "all":
        rows = rows.filter(waits())
    if who == "mine":
        rows = rows.filter(held(), claim__person=user)
    elif who == "free":
        rows = rows.exclude(held()).exclude(kind=Ticket.Kind.DEFERRED)
    equal = {"kind": kind, "feature": feature, "tenant": tenant}
    rows = rows.filter(**{name: value for name, value in equal.items() if value})
    return rows.order_by(*(("due_at", "id") if not state else ("-due_at", "-id")))


def counts() -> dict[str, int]:
    """How many wait, of each kind, and how many of them for an hour at most."""
    kinds = {kind.value: Count("pk", filter=Q(kind=kind)) for kind in Ticket.Kind}
    soon = Count("pk", filter=Q(due_at__lt=clock.now() + SOON))
    return Ticket.objects.filter(waits()).aggregate(waiting=Count("pk"), soon=soon, **kinds)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Tickets for a person: those that nobody has, and own ones; the nearest deadline of these."""

    free: int
    mine: int
    due: datetime | None

    @property
    def count(self) -> int:
        return self.free + self.mine


def waiting_for(user: User) -> Waiting:
    """None for who may not answer; in one query."""
    if not user.may(Permission.TICKETS_ANSWER):
        return Waiting(0, 0, None)
    rows = Ticket.objects.filter(waits()).exclude(kind=Ticket.Kind.DEFERRED)
    mine = Q(held(), claim__person=user)
    free = Q(claim=None) | Q(claim__lease_until__lte=clock.now())
    due = Min("due_at", filter=mine | free)
    found = rows.aggregate(free=Count("pk", filter=free), mine=Count("pk", filter=mine), due=due)
    return Waiting(**found)


def features() -> list[str]:
    """The features that ever had a ticket."""
    return list(Ticket.objects.order_by("feature").values_list("feature", flat=True).distinct())


def told(ticket: Ticket) -> Callback | None:
    """What its application was told of the ticket, with the tries at `attempts`."""
    return Callback.objects.prefetch_related("attempts").filter(ticket=ticket).first()


def call_of(ticket: Ticket) -> Call | None:
    """What the gateway recorded of the call; None once its time to be kept is over."""
    return by_id(ticket.call_id).first()


def colleagues(user: User) -> "QuerySet[User]":
    """Who else may answer tickets."""
    roles = [role.value for role, may in ROLES.items() if Permission.TICKETS_ANSWER in may]
    people = User.objects.filter(is_active=True, roles__overlap=roles)
    return people.exclude(pk=user.pk).order_by("name", "email")


def golden_name(ticket: Ticket) -> str:
    """The golden set that the ticket's answer would go to; "" where it can be no case."""
    feature = Feature.objects.filter(slug=ticket.feature).first() if ticket.inputs else None
    if feature is None:
        return ""
    found = cases.golden_set(feature)
    return found.name if found else cases.new_set_name(feature)


def case_key(ticket: Ticket) -> str:
    return f"ticket-{ticket.pk.removeprefix('tkt_')}"


def case_from(ticket: Ticket) -> Case | None:
    """The case that this ticket became and that is still in the draft."""
    rows = Case.objects.filter(dataset__feature__slug=ticket.feature, key=case_key(ticket), until=None)
    return rows.select_related("dataset").first()
