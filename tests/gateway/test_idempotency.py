"""A key of the caller's: one call, however often it is asked."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import httpx
import psycopg
import pytest
from django.db import connection as django_connection

from aiops.gateway.call_ids import new_id
from aiops.gateway.memory import MemoryVendors, memory_world
from aiops.gateway.models import Idempotency
from aiops.gateway.once import Once, Written
from aiops.gateway.stores.idempotency import StoredIdempotency
from aiops.providers.errors import Refused
from tests.gateway.served import TOKEN, make_picture, serving
from tests.gateway.world import Vendor

HEADERS = {"authorization": f"Bearer {TOKEN}"}
DAMP = {"cache": {"on": False}}


def invoke(url: str, key: str | None, ticket: str = "It broke.", feature: str = "summary") -> httpx.Response:
    body = {"inputs": {"ticket": ticket}, "idempotency_key": key}
    return httpx.post(f"{url}/v1/features/{feature}/invoke", headers=HEADERS, json=body, timeout=20)


def test_the_same_key_and_body_get_the_same_answer():
    vendor = Vendor("one", "two")
    with serving(make_picture(DAMP), memory_world(vendors=MemoryVendors({"small": vendor}))) as url:
        first, again = invoke(url, "k"), invoke(url, "k")
        other = invoke(url, "k", feature="other")
    assert (again.json(), len(vendor.asked)) == (first.json(), 2)
    replays = [answer.headers.get("x-aiops-idempotent-replay") for answer in (first, again, other)]
    assert replays == [None, "true", None]


def test_the_same_key_with_another_body_is_a_conflict():
    with serving(make_picture()) as url:
        invoke(url, "k")
        refused = invoke(url, "k", "Something else.")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "idempotency_conflict")


def test_one_still_under_way_is_waited_for():
    vendor = Vendor("one", "two", seconds=0.3)
    world = memory_world(vendors=MemoryVendors({"small": vendor}))
    with serving(make_picture(DAMP), world) as url, ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: invoke(url, "k").json()["output"], range(2)))
    assert (answers, len(vendor.asked)) == (["one", "one"], 1)


def test_an_error_frees_the_key():
    vendor = Vendor(Refused("no"), "yes")
    with serving(make_picture(), memory_world(vendors=MemoryVendors({"small": vendor}))) as url:
        assert [invoke(url, "k").status_code for _ in range(2)] == [502, 200]


def test_one_under_way_at_the_deadline_is_said_so():
    world = memory_world(vendors=MemoryVendors({"small": Vendor("late")}))
    with serving(make_picture({"deadline_seconds": 0.2}), world) as url:
        digest = b"\x00" * 32
        world.idempotency.known["acme", "summary", "k"] = (make_once(digest=digest), None)
        assert invoke(url, "k").json()["error"]["code"] == "idempotency_conflict"
        first = invoke(url, "j")
        asked, _ = world.idempotency.known["acme", "summary", "j"]
        world.idempotency.known["acme", "summary", "j"] = (asked, None)
        refused = invoke(url, "j")
    assert (first.status_code, refused.status_code) == (200, 409)
    assert refused.json()["error"]["code"] == "idempotency_in_flight"


class Database:
    """Postgres as the gateway reaches it, unless it is away."""

    away = False

    @asynccontextmanager
    async def connect(self):
        if self.away:
            raise psycopg.OperationalError("away")
        known = django_connection.get_connection_params()
        where = {
            name: known[name] for name in ("host", "port", "user", "password", "dbname") if known.get(name)
        }
        async with await psycopg.AsyncConnection.connect(**where, autocommit=True) as opened:
            yield opened


def make_once(**changes) -> Once:
    facts = {"call": new_id(), "tenant": "acme", "feature": "summary", "key": "k", "digest": b"d" * 32}
    return Once(**{**facts, "deadline": 0.0, **changes})


ANSWER = Written(200, {"x-aiops-call-id": "call_1"}, b'{"output": "one"}')


def two_processes() -> tuple[StoredIdempotency, StoredIdempotency, Database]:
    database = Database()
    return StoredIdempotency(database.connect), StoredIdempotency(database.connect), database


@pytest.mark.django_db(transaction=True)
def test_processes_share_their_keys():
    async def scenario():
        one, other, _ = two_processes()
        mine, theirs = make_once(), make_once()
        states = [(await one.claim(mine)).state, (await other.claim(theirs)).state]
        await one.keep(mine, ANSWER)
        return [*states, await other.claim(theirs), await one.claim(make_once(digest=b"e" * 32))]

    *states, known, conflicting = asyncio.run(scenario())
    assert states == ["mine", "running"]
    assert (known.state, known.written, conflicting.digest) == ("answered", ANSWER, b"d" * 32)


@pytest.mark.django_db(transaction=True)
def test_of_two_processes_at_the_same_moment_one_has_the_key():
    async def scenario():
        one, _, database = two_processes()
        async with database.connect() as other:
            transaction = other.transaction()
            await transaction.__aenter__()
            await other.execute(FIRST, (b"d" * 32,))
            claiming = asyncio.create_task(one.claim(make_once()))
            while not (await (await other.execute(WAITING)).fetchone())[0]:  # noqa: ASYNC110 - another connection has no event
                await asyncio.sleep(0.01)
            await transaction.__aexit__(None, None, None)
            return (await claiming).state

    assert asyncio.run(scenario()) == "running"


FIRST = """
INSERT INTO gateway_idempotency (tenant, feature, key, call, digest, free_at, expires_at)
VALUES ('acme', 'summary', 'k', 'first', %s, now() + interval '1 minute', now() + interval '1 day')
"""
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"


@pytest.mark.django_db(transaction=True)
def test_a_key_that_was_freed_is_anybodys():
    async def scenario():
        one, other, _ = two_processes()
        mine = make_once()
        await one.claim(mine)
        await one.free(mine)
        return (await other.claim(make_once())).state

    assert asyncio.run(scenario()) == "mine"


@pytest.mark.django_db(transaction=True)
def test_the_key_of_a_dead_process_is_free_once_its_deadline_is_long_over():
    async def scenario(call):
        return await StoredIdempotency(Database().connect).claim(call)

    asyncio.run(scenario(make_once()))
    waiting = asyncio.run(scenario(make_once())).state
    Idempotency.objects.update(free_at="2026-01-01T00:00Z")
    assert (waiting, asyncio.run(scenario(make_once())).state) == ("running", "mine")


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_forgotten_after_a_day():
    one, other, _ = two_processes()
    asyncio.run(one.keep(make_once(), ANSWER))
    Idempotency.objects.update(expires_at="2026-01-01T00:00Z")
    assert asyncio.run(other.claim(make_once(digest=b"e" * 32))).state == "mine"


def test_without_the_database_a_process_knows_its_own_keys():
    async def scenario():
        one, _, database = two_processes()
        database.away = True
        mine = make_once()
        states = [(await one.claim(call)).state for call in (mine, make_once())]
        await one.keep(mine, ANSWER)
        known = await one.claim(make_once())
        await one.free(mine)
        return [*states, one.shared], known.written

    assert asyncio.run(scenario()) == (["mine", "running", False], ANSWER)
