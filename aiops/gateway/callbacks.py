"""A ticket's end is told to the application: the stored answer, signed, until it says yes or a day is over.

A row says what is still to be told, so that nothing depends on the broker. A worker takes a row by moving
its next try ahead, sends, and writes down what came of it: a ticket may be told twice, never not at all.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import orjson
from django.db import transaction
from django.db.models import F

from aiops.catalog import keys
from aiops.core import clock
from aiops.core.errors import AiopsError
from aiops.core.outward import Post, Refused, Sender, Unreached
from aiops.core.tasks import enqueue
from aiops.features import queries as features
from aiops.features.callbacks import http_allowed, signed
from aiops.features.models import CallbackSecret
from aiops.gateway.models import Callback, CallbackTry, Ticket

TASK = "gateway.deliver_callback"
WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
)  # after the first try, the second …; after the last of them it is given up
LEASE = timedelta(minutes=2)  # a worker that died in the middle is followed by another one then
AT_ONCE = 100
GONE = 410  # the application says that it wants no more


@dataclass(frozen=True, slots=True)
class _Came:
    """What came of one try; `final`: another one would not help."""

    address: str
    status: int | None = None
    said: str = ""
    final: bool = False
    took_ms: float = 0.0


def tell(tickets: Iterable[str]) -> None:
    """These tickets have ended: those of features with an address are told. In the caller's transaction."""
    ended = dict(Ticket.objects.filter(pk__in=list(tickets)).values_list("pk", "feature"))
    addresses = features.callback_urls(ended.values())
    wanted = [pk for pk, feature in ended.items() if feature in addresses]
    Callback.objects.bulk_create((Callback(ticket_id=pk) for pk in wanted), ignore_conflicts=True)
    for pk in wanted:
        enqueue(TASK, pk, hint=True)


def due() -> list[str]:
    """Tickets whose next try has come."""
    rows = Callback.objects.filter(state=Callback.State.WAITING, next_at__lte=clock.now())
    return list(rows.order_by("next_at").values_list("pk", flat=True)[:AT_ONCE])


def deliver(ticket_id: str, sender: Post | None = None) -> bool | None:
    """Try once; whether the application said yes. None: another worker has it, or it is told already."""
    now = clock.now()
    waiting = Callback.objects.filter(pk=ticket_id, state=Callback.State.WAITING)
    if not waiting.filter(next_at__lte=now).update(next_at=now + LEASE, tries=F("tries") + 1):
        return None
    callback = Callback.objects.select_related("ticket").get(pk=ticket_id)
    return _kept(callback, _tried(callback.ticket, sender or Sender(http=http_allowed())))


def body_of(ticket: Ticket) -> bytes:
    """As GET /v1/tickets/{id} says it."""
    output = ticket.output if ticket.state == Ticket.State.ANSWERED else None
    return orjson.dumps({"id": ticket.pk, "state": ticket.state, "output": output})


def _tried(ticket: Ticket, sender: Post) -> _Came:
    address = features.callback_urls([ticket.feature]).get(ticket.feature, "")
    if not address:
        return _Came("", said="The feature’s policy names no address any more.", final=True)
    begun = time.perf_counter()
    try:
        body = body_of(ticket)
        sent = sender.post(address, body, {**_HEADERS, **_signature(ticket.feature, body), _ID: ticket.pk})
    except (Refused, AiopsError) as error:
        return _Came(address, said=str(error), final=True)
    except Unreached as error:
        return _Came(address, said=str(error), took_ms=_since(begun))
    return _Came(address, sent.status, sent.text, sent.status == GONE, _since(begun))


_ID = "x-aiops-delivery"
_HEADERS = {"content-type": "application/json", "user-agent": "aiops-callback"}


def _signature(feature: str, body: bytes) -> dict[str, str]:
    kept = CallbackSecret.objects.filter(feature__slug=feature).first()
    if kept is None:
        raise AiopsError("The feature has no callback secret. Make one, then send again.")
    return dict(signed(keys.unseal(kept.sealed), body, int(clock.now().timestamp())))


@transaction.atomic
def _kept(callback: Callback, came: _Came) -> bool:
    """Written down, and what follows from it, unless somebody has begun another round meanwhile."""
    tried = CallbackTry.objects.create(
        callback=callback,
        address=came.address[:2000],
        status=came.status,
        said=came.said,
        took_ms=came.took_ms,
    )
    ours = Callback.objects.filter(pk=callback.pk, state=Callback.State.WAITING, next_at=callback.next_at)
    if tried.good:
        ours.update(state=Callback.State.DELIVERED, next_at=None)
    elif came.final or callback.tries > len(WAITS):
        ours.update(state=Callback.State.FAILED, next_at=None)
    else:
        ours.update(next_at=clock.now() + WAITS[callback.tries - 1])
    return tried.good


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
