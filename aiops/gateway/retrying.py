"""Deferred calls are tried again by a worker, through the same stages, until one answers or time is over.

The worker opens a gateway of its own for as long as it tries: the same decisions, limits, budgets and records
hold, and it stands among the processes that acknowledge a stop. Only the fallback is left out: what cannot be
answered now goes on waiting. Each try is a call of its own, with the ticket in its metadata.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F

from aiops.core import clock
from aiops.gateway import callbacks, entry
from aiops.gateway.call_ids import new_id
from aiops.gateway.errors import GatewayError
from aiops.gateway.gate import Gate
from aiops.gateway.messages import Call, Handler, Reply
from aiops.gateway.models import Ticket
from aiops.gateway.picture import Key, Picture
from aiops.gateway.pipeline import compose, stages
from aiops.gateway.stages.approval import WAIT, holds, near
from aiops.providers.protocol import Message

AT_ONCE = 20  # tickets that one round takes
FIRST_WAIT = timedelta(seconds=30)  # doubled with each try
LONGEST_WAIT = timedelta(hours=1)
WORKER = "system:worker"
Open = Callable[[int], AbstractAsyncContextManager[Gate]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try. `reply` None: nothing, for the reason that the log has. `held`: for a person."""

    ticket: Ticket
    reply: Reply | None
    held: bool = False


@transaction.atomic
def expire() -> int:
    """End what nobody answered in time; return how many."""
    late = Ticket.objects.filter(state=Ticket.State.WAITING, due_at__lte=clock.now())
    ended = list(late.select_for_update(skip_locked=True).values_list("pk", flat=True))
    Ticket.objects.filter(pk__in=ended).update(state=Ticket.State.EXPIRED)
    callbacks.tell(ended)
    return len(ended)


def retry(opened: Open) -> int:
    """Try what is due; return how many were answered."""
    tickets = _claimed()
    if not tickets:
        return 0
    return sum(_kept(tried) for tried in asyncio.run(_all(opened, tickets)))


@transaction.atomic
def _claimed() -> list[Ticket]:
    """Tickets whose time to be tried has come, each for one worker; their next try is set already."""
    now = clock.now()
    rows = Ticket.objects.select_for_update(skip_locked=True).filter(
        kind=Ticket.Kind.DEFERRED, state=Ticket.State.WAITING, next_at__lte=now, due_at__gt=now
    )
    tickets = list(rows.order_by("next_at")[:AT_ONCE])
    for ticket in tickets:
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(ticket.tries + 1, 10))
        Ticket.objects.filter(pk=ticket.pk).update(tries=F("tries") + 1, next_at=now + wait)
    return tickets


async def _all(opened: Open, tickets: Sequence[Ticket]) -> list[Tried]:
    async with opened(0) as gate:
        inner = [stage for stage in stages(gate.world) if stage.name not in {"fallback", "approval"}]
        handle = compose(inner)
        return [await _try(gate.decisions(), handle, ticket) for ticket in tickets]


async def _try(picture: Picture, handle: Handler, ticket: Ticket) -> Tried:
    try:
        call = _call(picture, ticket)
        async with asyncio.timeout_at(call.deadline):
            reply = await handle(call)
    except (GatewayError, TimeoutError) as error:
        log.info("retry_failed", ticket=ticket.pk, error=str(error) or "out of time")
        return Tried(ticket, None)
    if reply.outcome not in {"answered", "cached"}:
        return Tried(ticket, None)
    return Tried(ticket, reply, held=holds(call) or near(call, reply))


def _call(picture: Picture, ticket: Ticket) -> Call:
    """The call as it was asked, under the decisions of now. FeatureNotFound where nothing serves it."""
    key = Key(id="", digest="", tenant=ticket.tenant)
    feature = entry.feature_for(picture, key, ticket.feature)
    approach, arm = entry.arm_of(feature, ticket.tenant, "")
    return Call(
        id=new_id(),
        picture=picture,
        feature=feature,
        tenant=ticket.tenant,
        key=key,
        approach=approach,
        arm=arm,
        deadline=asyncio.get_running_loop().time() + feature.policy.deadline_seconds,
        inputs=ticket.inputs,
        messages=tuple(Message(role, text) for role, text in ticket.messages),
        locale=ticket.locale,
        category=ticket.category,
        metadata={"ticket": ticket.pk},
    )


@transaction.atomic
def _kept(tried: Tried) -> bool:
    """Write the answer down, unless the ticket has ended meanwhile. A held one waits for a person now."""
    if tried.reply is None:
        return False
    waiting = Ticket.objects.filter(pk=tried.ticket.pk, state=Ticket.State.WAITING)
    now = clock.now()
    if tried.held:
        due = now + timedelta(seconds=WAIT)
        waiting.update(kind=Ticket.Kind.APPROVAL, held=tried.reply.text, due_at=due, next_at=None)
        return False
    answered = waiting.update(
        state=Ticket.State.ANSWERED,
        output=tried.reply.text,
        answered_at=now,
        answered_by=WORKER,
        next_at=None,
    )
    if answered:
        callbacks.tell([tried.ticket.pk])
    return bool(answered)
