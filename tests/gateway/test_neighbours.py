"""Neighbours on a real PostgreSQL: partitions, expiry, purges, checks, an index for a large partition."""

import asyncio
import hashlib
from datetime import timedelta

import pytest
from django.db import connection
from psycopg import OperationalError

from aiops.core import clock
from aiops.gateway import listening
from aiops.gateway.messages import Reply
from aiops.gateway.models import CacheEntry, CachePurge, SemanticCheck, SemanticEntry, SemanticThreshold
from aiops.gateway.ports import Asked, Cached, Checked, Neighbour
from aiops.gateway.stores import indexing, neighbours
from aiops.gateway.stores.cache import SharedCache
from aiops.gateway.stores.neighbours import StoredNeighbours
from aiops.gateway.stores.pool import Pool
from aiops.knowledge.vectors import vector
from tests.gateway.world import make_call

pytestmark = pytest.mark.django_db(transaction=True)
HERE, ELSEWHERE = b"h" * 32, b"e" * 32
ASKED = "How do I activate my new card?"
AGAIN = "Hello, how do I activate my new card please?"


def forget(keys):
    pytest.fail(f"nobody purged {keys}")


def with_store(act):
    """What `act(store, cache)` gives on the test's database."""

    async def run():
        pool = Pool(listening.address(), most=3)
        await pool.open()
        cache = SharedCache(pool.connect)
        try:
            return await act(StoredNeighbours(pool.connect, vector, cache.forget), cache)
        finally:
            await pool.close()

    return asyncio.run(run())


async def put(store, cache, question, partition=HERE, text="Press.", *, seconds=60.0, policy=None):
    call = make_call(policy or {})
    key = hashlib.sha256(partition + question.encode()).digest()
    await cache.keep(key, call, Reply("answered", text, model="small"), seconds)
    store.keep(Asked(key, partition, question), call, seconds)
    await cache.exchange()
    await store.exchange()
    return key


def test_a_neighbour_is_found_in_its_own_partition_alone():
    async def act(store, cache):
        await put(store, cache, ASKED)
        await put(store, cache, "Where is Paris?")
        return await asyncio.gather(
            store.near(HERE, AGAIN), store.near(ELSEWHERE, ASKED), store.near(HERE, ASKED)
        )

    near, nothing, same = with_store(act)
    assert [(one.question, one.cached.reply.text, one.likeness > 0.7) for one in near] == [
        (ASKED, "Press.", True)
    ]
    assert nothing == []
    assert same[0].likeness == pytest.approx(1, abs=0.01)


def test_what_has_expired_is_not_found_and_goes():
    async def act(store, cache):
        await put(store, cache, ASKED, seconds=-1.0)
        found = await store.near(HERE, AGAIN)
        store._sweep_at = 0
        await store.exchange()
        return found

    assert with_store(act) == []
    assert not SemanticEntry.objects.exists()


def test_many_lookups_at_once_each_get_their_own():
    async def act(store, cache):
        for number in range(5):
            await put(store, cache, f"{ASKED} {number}", number.to_bytes(32, "big"), text=str(number))
        wanted = [number % 5 for number in range(80)]
        found = await asyncio.gather(*(store.near(number.to_bytes(32, "big"), ASKED) for number in wanted))
        return [one[0].cached.reply.text for one in found] == [str(number) for number in wanted]

    assert with_store(act)


def test_a_large_partition_has_an_index_of_its_own_and_finds_the_same():
    async def fill(store, cache):
        for number in range(30):
            await put(store, cache, f"{ASKED} Part {number}")
        await put(store, cache, ASKED, ELSEWHERE, text="Not this.")
        return [one.question for one in await store.near(HERE, f"{ASKED} Part 7")]

    whole = with_store(fill)
    assert indexing.index_large(20) == [neighbours.index_of(HERE)]
    assert indexing.index_large(20) == []

    async def ask(store, cache):
        await store.exchange()
        assert store._indexed == {neighbours.index_of(HERE)}
        return [one.question for one in await store.near(HERE, f"{ASKED} Part 7")]

    assert with_store(ask)[0] == whole[0] == f"{ASKED} Part 7"
    SemanticEntry.objects.all().delete()
    assert indexing.index_large(20) == []
    assert with_store(ask_indexes) == frozenset()


async def ask_indexes(store, cache):
    await store.exchange()
    return store._indexed


def test_checks_are_kept_with_their_texts_unless_the_feature_keeps_none():
    async def act(store, cache):
        near = Neighbour(ASKED, 0.9, Cached(Reply("answered", "Press.")))
        for keeps in (True, False):
            call = make_call({"keep_text": keeps})
            store.checked(
                Checked(call, Asked(b"", HERE, AGAIN), near, "Pull.", equivalent=False, served=True)
            )
        await store.exchange()

    with_store(act)
    bare, full = SemanticCheck.objects.all()
    assert (full.question, full.neighbour, full.stored, full.fresh) == (AGAIN, ASKED, "Press.", "Pull.")
    assert (bare.question, bare.neighbour, bare.stored, bare.fresh) == ("", "", "", "")
    assert (full.feature, full.tenant, full.similarity, full.served) == ("summary", "acme", 0.9, True)


def test_the_newest_threshold_is_in_force():
    facts = {"feature": "summary", "checks": 300, "false": 0, "target": 0.01}
    SemanticThreshold.objects.create(**facts, action="learn", threshold=0.8)

    async def act(store, cache):
        await store.exchange()
        return store.threshold("summary"), store.threshold("other")

    assert with_store(act) == (0.8, None)
    later = clock.now() + timedelta(seconds=1)
    SemanticThreshold.objects.create(**facts, action="off", threshold=None, at=later)
    assert with_store(act) == (None, None)


def test_what_somebody_purges_leaves_the_memory_of_every_process():
    async def act(store, cache):
        await store.exchange()
        key = await put(store, cache, ASKED)
        await asyncio.to_thread(_purge, key)
        await store.exchange()
        return await cache.find(key), await store.near(HERE, ASKED)

    assert with_store(act) == (None, [])


def _purge(key):
    CacheEntry.objects.filter(key=key).delete()
    CachePurge.objects.create(feature="summary", pattern="x", keys=[key.hex()])
    connection.close()


def test_a_database_that_is_away_is_a_miss_at_once_and_loses_nothing():
    tried = []

    def connect():
        tried.append(1)
        raise OperationalError("away")

    async def act():
        store = StoredNeighbours(connect, vector, forget)
        store.keep(Asked(b"k", HERE, ASKED), make_call(), 60)
        with pytest.raises(OperationalError):
            await store.exchange()
        found = [await store.near(HERE, ASKED), await store.near(HERE, ASKED)]
        return found, len(store._entries), len(tried)

    assert asyncio.run(act()) == ([[], ()], 1, 2)


def test_nobody_waits_long_for_a_database_that_is_slow(monkeypatch):
    monkeypatch.setattr(neighbours, "PATIENCE", 0.01)

    class Slow:
        async def __aenter__(self):
            await asyncio.sleep(10)

        async def __aexit__(self, *_):
            return None

    async def act():
        store = StoredNeighbours(Slow, vector, forget)
        return await store.near(HERE, ASKED), await store.near(HERE, ASKED)

    assert asyncio.run(act()) == ((), ())


def test_what_cannot_be_written_soon_is_bounded(monkeypatch):
    monkeypatch.setattr(neighbours, "MOST_UNSAVED", 1)

    async def act():
        store = StoredNeighbours(None, vector, forget)
        for key in (b"1", b"2"):
            store.keep(Asked(key, HERE, ASKED), make_call(), 60)
        return len(store._entries)

    assert asyncio.run(act()) == 1


def test_a_store_that_runs_survives_errors(monkeypatch):
    store = StoredNeighbours(None, vector, forget)
    errors = iter([OperationalError("away"), None])

    async def exchange():
        if (error := next(errors)) is not None:
            raise error
        raise asyncio.CancelledError

    monkeypatch.setattr(store, "exchange", exchange)
    monkeypatch.setattr(store, "EVERY", 0)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(store.run())
