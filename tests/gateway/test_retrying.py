"""Deferred calls are tried again until one answers or their time is over."""

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from aiops.core import clock
from aiops.gateway import retrying, tasks
from aiops.gateway.gate import Gate
from aiops.gateway.memory import MemoryRecorder, MemoryTickets, MemoryVendors, memory_world
from aiops.gateway.pipeline import gateway
from aiops.providers.errors import ServerError
from tests.factories import make_ticket
from tests.gateway.served import make_picture, no_figures
from tests.gateway.world import Vendor

pytestmark = pytest.mark.django_db


def opened(vendor, policy=None, stops=(), **ports):
    """Opens a gateway in memory, with these ports of the test's own."""
    world = memory_world(vendors=MemoryVendors({"small": vendor}), **ports)
    settings = {"attempts": 1, "fallbacks": [{"kind": "deferred"}], **(policy or {})}
    picture = make_picture(settings, stops=stops)

    @asynccontextmanager
    async def gate(_port):
        yield Gate(lambda: picture, gateway(world), world, dict, no_figures)

    return gate


def deferred(**values):
    facts = {"kind": "deferred", "feature": "summary", "next_at": clock.now() - timedelta(seconds=1)}
    return make_ticket(**{**facts, **values})


def test_a_deferred_call_is_answered_once_the_model_is_back():
    ticket, recorder = deferred(category="refund", locale="de"), MemoryRecorder()
    gate = opened(Vendor("Late, sorry."), recorder=recorder)
    assert (retrying.retry(gate), retrying.retry(gate)) == (1, 0)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.output, ticket.tries) == ("answered", "Late, sorry.", 1)
    assert (ticket.answered_by, ticket.next_at) == ("system:worker", None)
    (record,) = recorder.records
    assert (record["metadata"], record["tenant"], record["category"]) == (
        {"ticket": ticket.pk}, "acme", "refund"
    )  # fmt: skip  # short names, packed: they would fill the page


def test_a_try_that_fails_waits_longer_each_time_and_opens_no_other_ticket():
    ticket, tickets = deferred(tries=2), MemoryTickets()
    gate = opened(Vendor(ServerError("away", status=500)), tickets=tickets)
    assert retrying.retry(gate) == 0
    ticket.refresh_from_db()
    assert (ticket.state, ticket.tries) == ("waiting", 3)
    assert ticket.next_at > clock.now() + timedelta(seconds=200)
    assert tickets.opened == []


def test_an_answer_of_the_held_kind_waits_for_a_person():
    ticket = deferred(category="refund")
    policy = {"approval": {"hold": "categories", "categories": ["refund"]}}
    assert retrying.retry(opened(Vendor("You get it back."), policy)) == 0
    ticket.refresh_from_db()
    assert (ticket.kind, ticket.state, ticket.held) == ("approval", "waiting", "You get it back.")


@pytest.mark.parametrize("feature", ["summary", "gone"])
def test_what_is_stopped_or_gone_goes_on_waiting(feature):
    ticket = deferred(feature=feature)
    stop = {"scope": "feature", "target": "summary", "reason": "no"}
    assert retrying.retry(opened(Vendor("x"), stops=(stop,))) == 0
    ticket.refresh_from_db()
    assert ticket.state == "waiting"


def test_nothing_is_opened_where_nothing_is_due():
    deferred(next_at=clock.now() + timedelta(minutes=1))
    make_ticket(kind="person")
    assert retrying.retry(lambda _port: pytest.fail("opened")) == 0


def test_what_nobody_answered_in_time_expires():
    late = [make_ticket(kind=kind, due_at=clock.now() - timedelta(1)) for kind in ("person", "deferred")]
    waiting = make_ticket()
    assert retrying.expire() == 2
    for ticket in (*late, waiting):
        ticket.refresh_from_db()
    assert [ticket.state for ticket in (*late, waiting)] == ["expired", "expired", "waiting"]


def test_the_task_ends_what_is_over():
    late = make_ticket(kind="person", due_at=clock.now() - timedelta(1))
    tasks.retry_deferred()
    late.refresh_from_db()
    assert late.state == "expired"
