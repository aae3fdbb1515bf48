"""Tickets and feedback: of one's own tenant, and nothing lost."""

import asyncio
from typing import Any

import httpx
import orjson
import pytest

from aiops.gateway.call_ids import new_id
from aiops.gateway.memory import MemoryCalls, memory_world
from aiops.gateway.models import Feedback, Quarantined, Ticket
from aiops.gateway.ports import Found
from aiops.gateway.spool import Spool
from aiops.gateway.stores.calls import StoredCalls
from aiops.gateway.stores.tickets import StoredTickets
from tests.gateway.served import SERVICE, TOKEN, make_picture, serving
from tests.gateway.test_idempotency import Database
from tests.gateway.test_recording import drained, make_record

HEADERS = {"authorization": f"Bearer {TOKEN}"}
LIMITED = {"authorization": f"Bearer {SERVICE}", "x-aiops-tenant": "acme"}


@pytest.mark.parametrize(
    ("name", "headers", "status", "body"),
    [
        ("tkt_1", HEADERS, 200, {"id": "tkt_1", "state": "answered", "output": "Yes."}),
        ("tkt_2", HEADERS, 200, {"id": "tkt_2", "state": "waiting", "output": None}),
        ("tkt_3", HEADERS, 404, None),  # another tenant's
        ("tkt_2", LIMITED, 404, None),  # of a feature that the key may not call
        ("tkt_9", HEADERS, 404, None),
        ("tkt_1", {}, 401, None),
    ],
)
def test_a_ticket_is_shown_to_its_own_tenant(name, headers, status, body):
    world: Any = memory_world()
    world.tickets.known = {
        ("tkt_1", "acme"): Found("summary", "answered", "Yes."),
        ("tkt_2", "acme"): Found("other", "waiting"),
        ("tkt_3", "globex"): Found("summary", "waiting"),
    }
    with serving(make_picture(), world) as url:
        answer = httpx.get(f"{url}/v1/tickets/{name}", headers=headers)
    assert (answer.status_code, answer.json() if body else None) == (status, body)


@pytest.mark.django_db(transaction=True)
def test_a_ticket_past_its_time_has_expired():
    for name, due in (("tkt_a", "2026-01-01T00:00Z"), ("tkt_b", "2099-01-01T00:00Z")):
        Ticket.objects.create(
            id=name, kind="person", call_id="c", tenant="acme", feature="summary", due_at=due
        )
    tickets = StoredTickets(Database().connect)
    found = [
        asyncio.run(tickets.find(*named)) for named in (("tkt_a", "acme"), ("tkt_b", "acme"), ("tkt_b", "x"))
    ]
    assert found == [Found("summary", "expired"), Found("summary", "waiting"), None]


def test_a_ticket_whose_database_is_away_is_not_called_missing():
    database = Database()
    database.away = True
    world: Any = memory_world(tickets=StoredTickets(database.connect))
    with serving(make_picture(), world) as url:
        answer = httpx.get(f"{url}/v1/tickets/tkt_1", headers=HEADERS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_ready")


def test_feedback_is_written_down_before_it_is_answered():
    world: Any = memory_world()
    call = new_id()
    with serving(make_picture(), world) as url:
        said = {"call_id": call, "score": 1, "comment": "良い"}
        answer = httpx.post(f"{url}/v1/feedback", headers=HEADERS, json=said)
    (remark,) = world.recorder.remarks
    assert (answer.status_code, answer.json()) == (202, {"id": remark["number"]})
    assert {name: remark[name] for name in ("tenant", *said)} == {"tenant": "acme", **said}


THEIRS = new_id()


@pytest.mark.parametrize(
    ("said", "status", "param"),
    [
        ({}, 400, "call_id"),
        ({"call_id": "call_1"}, 400, "call_id"),
        ({"call_id": THEIRS}, 404, "call_id"),
        ({"call_id": new_id(), "score": 5}, 400, "score"),
        ({"call_id": new_id(), "stars": 5}, 400, "stars"),
    ],
)
def test_feedback_that_cannot_be_meant_is_refused_by_name(said, status, param):
    world: Any = memory_world(calls=MemoryCalls({THEIRS: "globex"}))
    with serving(make_picture(), world) as url:
        answer = httpx.post(f"{url}/v1/feedback", headers=HEADERS, json=said)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)
    assert world.recorder.remarks == []


def make_remark(**changes) -> dict:
    facts = {"number": "fbk_1", "at": 1_790_000_000.0, "tenant": "acme", "call_id": new_id(1_790_000_000)}
    said = {"score": -1, "outcome": "edited", "edited_output": "better", "complaint": True, "comment": None}
    return {**facts, **said, **changes}


@pytest.mark.django_db(transaction=True)
def test_feedback_reaches_the_database_once(tmp_path):
    record = make_record()
    lines = [("call", record), ("feedback", make_remark(call_id=record["id"]))]
    drained(tmp_path, lines * 2)
    (row,) = Feedback.objects.all()
    assert (row.call_id, row.score, row.outcome, row.complaint, row.comment) == (
        record["id"],
        -1,
        "edited",
        True,
        "",
    )


@pytest.mark.django_db(transaction=True)
def test_feedback_on_anothers_call_is_not_stored_and_rubbish_is_put_aside(tmp_path):
    record = make_record()
    theirs = make_remark(call_id=record["id"], tenant="globex")
    broken = make_remark(number="fbk_2", outcome="x" * 50)
    drained(
        tmp_path, [("call", record), ("feedback", theirs), ("feedback", broken), ("feedback", make_remark())]
    )
    assert [row.number for row in Feedback.objects.all()] == ["fbk_1"]
    assert orjson.loads(bytes(Quarantined.objects.get().line))["number"] == "fbk_2"


@pytest.mark.django_db(transaction=True)
def test_whose_a_call_was_is_known_once_it_is_stored(tmp_path):
    record = make_record()
    drained(tmp_path, [("call", record)])
    database = Database()
    calls = StoredCalls(database.connect)
    known = [asyncio.run(calls.tenant_of(call)) for call in (record["id"], new_id())]
    database.away = True
    assert [*known, asyncio.run(calls.tenant_of(record["id"]))] == ["acme", None, None]


def test_a_process_that_died_leaves_its_feedback_in_the_spool(tmp_path):
    with Spool(tmp_path) as spool:
        spool.write("feedback", make_remark())
    with Spool(tmp_path) as again:
        assert [orjson.loads(line)["t"] for line, _ in again.lines()] == ["feedback"]
