"""From the spool into the real Postgres: once, whole, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import orjson
import psycopg
import pytest
from django.db import connection as django_connection

from aiops.gateway import recording
from aiops.gateway.call_ids import new_id
from aiops.gateway.models import Call, Quarantined, Rollup
from aiops.gateway.recording import SpoolRecorder, replay
from aiops.gateway.spool import Spool

pytestmark = pytest.mark.django_db(transaction=True)


def make_record(**changes: Any) -> dict[str, Any]:
    call_id = changes.pop("id", None) or new_id(1_790_000_000)
    attempt = {
        "model": "small", "provider": "vendor", "worst": "0.5", "cost": "0.25", "leases": [7], "hold": "h1",
        "begun_ms": 1.0, "latency_ms": 40.0, "error": "",
    }  # fmt: skip  # pairs, read as a table
    facts: dict[str, Any] = {
        "id": call_id, "at": 1_790_000_000.0, "tenant": "acme", "feature": "summary", "key": "acme0001",
        "user": "", "locale": "ja", "category": "unknown", "outcome": "answered", "reason": "",
        "served_by": "", "cache": "miss", "approach": "prompt", "approach_name": "summary v3",
        "version_id": 3, "version_number": 3, "arm": "stable", "model": "small", "provider": "vendor",
        "finish_reason": "stop", "cost": "0.25", "unaccounted": "0", "latency_ms": 41.5, "overhead_ms": 1.5,
        "tokens": {"input": 10, "cached_input": 0, "cache_write": 0, "output": 5, "reasoning": 0},
        "stream": False, "attempts": [attempt], "spans": [], "checks": [], "error": "", "revision": 1,
        "ticket": "", "metadata": {}, "inputs": {"ticket": "壊れた"}, "messages": [],
        "output": "直します", "passages": [],
    }  # fmt: skip  # pairs, read as a table
    return {**facts, **changes}


class World:
    """Postgres as the gateway reaches it, and what was charged to leases."""

    def __init__(self) -> None:
        self.charged: dict[int, Decimal] = {}
        self.fails = 0

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        if self.fails:
            self.fails -= 1
            raise psycopg.OperationalError("away")
        known = django_connection.get_connection_params()
        wanted = {
            name: known[name] for name in ("host", "port", "user", "password", "dbname") if known.get(name)
        }
        opened = await psycopg.AsyncConnection.connect(**wanted, autocommit=True)
        async with opened:
            yield opened

    async def settle(self, cursor: psycopg.AsyncCursor[Any], charges) -> None:
        for lease, amount in charges.items():
            self.charged[lease] = self.charged.get(lease, Decimal(0)) + amount


def drained(tmp_path, lines, world: World | None = None) -> World:
    """All lines through a recorder, which ends well."""
    met = world or World()
    spool = Spool(tmp_path / "one")
    recorder = SpoolRecorder(spool, met.connect, met.settle)
    for kind, facts in lines:
        spool.write(kind, facts)
    asyncio.run(recorder.finish(10))
    return met


def test_a_call_its_sums_and_its_money_arrive_together(tmp_path):
    record = make_record()
    world = drained(tmp_path, [("call", record), ("call", make_record(latency_ms=900.0))])
    call = Call.objects.get(id=record["id"])
    assert (call.tenant, call.output, call.cost, call.input_tokens) == (
        "acme",
        "直します",
        Decimal("0.25"),
        10,
    )
    (row,) = Rollup.objects.all()
    assert (row.calls, row.cost, row.output_tokens, row.latency) == (
        2,
        Decimal("0.5"),
        10,
        {"77": 1, "140": 1},
    )
    assert (row.hour.isoformat(), world.charged) == ("2026-09-21T14:00:00+00:00", {7: Decimal("0.50")})


def test_a_batch_sent_twice_counts_once(tmp_path):
    record = make_record()
    world = drained(tmp_path, [("call", record)])
    drained(tmp_path, [("call", record)], world)
    assert (Call.objects.count(), Rollup.objects.get().calls, world.charged) == (1, 1, {7: Decimal("0.25")})


def test_a_record_that_postgres_refuses_stops_no_other(tmp_path):
    broken = make_record(outcome="exploded")
    lines = [
        ("call", make_record()),
        ("call", broken),
        ("call", make_record(version_id="x")),
        ("call", make_record()),
    ]
    drained(tmp_path, lines)
    assert (Call.objects.count(), Rollup.objects.get().calls) == (2, 2)
    assert orjson.loads(bytes(Quarantined.objects.last().line))["id"] == broken["id"]


def test_rubbish_in_the_spool_is_put_aside(tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "00000001.jsonl").write_bytes(b"\x00\xff rubbish\n[1]\n")
    drained(tmp_path, [("call", make_record())])
    assert (Call.objects.count(), Quarantined.objects.count()) == (1, 2)


def test_records_wait_while_postgres_is_away(tmp_path):
    world = World()
    spool = Spool(tmp_path / "one")
    recorder = SpoolRecorder(spool, world.connect, world.settle)
    recorder.write(make_record())
    world.fails = 1
    asyncio.run(recorder.finish(10))
    assert Call.objects.count() == 0
    assert asyncio.run(replay(tmp_path, world.connect, world.settle)) == 1
    assert (Call.objects.count(), list(tmp_path.iterdir())) == (1, [])


def test_a_mistake_in_storing_does_not_end_the_storing(tmp_path, monkeypatch):
    monkeypatch.setattr(recording, "PAUSE", 0.0)
    world, mistakes = World(), [ZeroDivisionError("ours")]

    async def settle(cursor, charges):
        if mistakes:
            raise mistakes.pop()
        await world.settle(cursor, charges)

    async def go() -> None:
        recorder = SpoolRecorder(Spool(tmp_path / "one"), world.connect, settle)
        recorder.write(make_record())
        upkeep = asyncio.create_task(recorder.run())
        while recorder.spool.count:  # noqa: ASYNC110 - its upkeep tells nobody
            await asyncio.sleep(0.001)
        upkeep.cancel()

    asyncio.run(go())
    assert (mistakes, Call.objects.count()) == ([], 1)


HOLD = {
    "hold": "h1", "at": 1_790_000_000.0, "tenant": "acme", "feature": "summary", "model": "small",
    "provider": "vendor", "worst": "0.5", "leases": [7, 8],
}  # fmt: skip  # pairs, read as a table


def test_a_hold_without_a_result_counts_at_its_worst_once_its_process_is_dead(tmp_path):
    world = World()
    spool = Spool(tmp_path / "dead")
    lost = new_id(1_790_000_000)
    spool.write("hold", {**HOLD, "id": lost})
    spool.write("hold", {**HOLD, "id": lost, "hold": "h2"})
    spool.write("hold", {**HOLD, "id": new_id(), "hold": "h3"})
    spool.write("free", {"hold": "h3"})
    spool.close()
    asyncio.run(replay(tmp_path, world.connect, world.settle))
    call = Call.objects.get()
    assert (call.id, call.reason, call.cost, call.unaccounted) == (
        lost,
        "lost",
        Decimal("1.0"),
        Decimal("1.0"),
    )
    assert world.charged == {7: Decimal("1.0"), 8: Decimal("1.0")}


def test_a_hold_with_its_result_is_not_lost_even_where_they_lie_in_different_batches(tmp_path):
    world = World()
    spool = Spool(tmp_path / "dead")
    record = make_record()
    spool.write("hold", {**HOLD, "id": record["id"]})
    recorder = SpoolRecorder(spool, world.connect, world.settle)
    asyncio.run(recorder.finish(10))  # it ends before the answer: the hold stays in the spool
    with Spool(tmp_path / "dead") as again:
        again.write("call", record)
    asyncio.run(replay(tmp_path, world.connect, world.settle))
    assert [(call.reason, call.cost) for call in Call.objects.all()] == [("", Decimal("0.25"))]
    assert world.charged == {7: Decimal("0.25")}


def test_calls_lie_in_the_partition_of_their_month(tmp_path):
    drained(tmp_path, [("call", make_record())])
    with django_connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM gateway_call")
        assert cursor.fetchall() == [("gateway_call_2026_09",)]
