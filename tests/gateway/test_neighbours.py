"""Neighbours on a real PostgreSQL: partitions, expiry, purges, checks, an index for a large partition."""

import asyncio
import hashlib
from datetime import timedelta

import pytest
from django.db import connection
from psycopg import OperationalError

from aiops.core import clock
from aiops.gateway import listening
from aiops.gateway.memory import MemoryCache
from aiops.gateway.messages import Reply
from aiops.gateway.models import CacheEntry, CachePurge, SemanticCheck, SemanticEntry, SemanticThreshold
from aiops.gateway.ports import Asked, Cached, Checked, Late, Neighbour
from aiops.gateway.stores import indexing, neighbours, shelving, together
from aiops.gateway.stores.cache import SharedCache
from aiops.gateway.stores.neighbours import StoredNeighbours
from aiops.gateway.stores.pool import Pool
from aiops.gateway.stores.shelving import index_of
from tests.gateway.world import make_call

pytestmark = pytest.mark.django_db(transaction=True)
HERE, ELSEWHERE = b"h" * 32, b"e" * 32
ASKED = "How do I activate my new card?"
AGAIN = "Hello, how do I activate my new card please?"


class Purged(MemoryCache):
    def forget(self, keys):
        pytest.fail(f"nobody purged {keys}")


def with_store(act):
    """What `act(store, cache)` gives on the test's database."""

    async def run():
        pool = Pool(listening.address(), most=3)
        await pool.open()
        cache = SharedCache(pool.connect)
        try:
            return await act(StoredNeighbours(pool.connect, cache), cache)
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
    assert indexing.index_large(20) == [index_of(HERE)]
    assert indexing.index_large(20) == []

    async def ask(store, cache):
        await store.exchange()
        assert store.shelving.indexed == {index_of(HERE)}
        return [one.question for one in await store.near(HERE, f"{ASKED} Part 7")]

    assert with_store(ask)[0] == whole[0] == f"{ASKED} Part 7"
    SemanticEntry.objects.all().delete()
    assert indexing.index_large(20) == []
    assert with_store(ask_indexes) == frozenset()


async def ask_indexes(store, cache):
    await store.exchange()
    return store.shelving.indexed


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


def _purge(key, pk=None):
    CacheEntry.objects.filter(key=key).delete()
    SemanticEntry.objects.filter(key=key).delete()
    CachePurge.objects.create(pk=pk, feature="summary", pattern="x", keys=[key.hex()])
    connection.close()


def test_a_partition_that_is_asked_twice_is_held_and_stays_as_the_table_has_it(monkeypatch):
    async def act(store, cache):
        await put(store, cache, ASKED)
        for _ in range(2):
            await store.near(HERE, AGAIN)
        store.keep(Asked(b"k" * 32, HERE, "Where is Paris?"), make_call(), 60)
        brought = asyncio.Event()
        monkeypatch.setattr(store.shelves, "trim", brought.set)
        running = asyncio.create_task(store.shelving.run())
        await brought.wait()
        running.cancel()
        store.search = never
        held = await store.near(HERE, AGAIN)
        second = await put(store, cache, f"{ASKED} Now?", text="Pull.")
        both = await store.near(HERE, f"{ASKED} Now?")
        await asyncio.to_thread(_purge, second)
        await store.exchange()
        purged = await store.near(HERE, f"{ASKED} Now?")
        return store.shelves.questions, [texts(one) for one in (held, both, purged)]

    assert with_store(act) == (3, [["Press."], ["Pull."], []])


def texts(near):
    return [one.cached.reply.text for one in near]


async def never(wish):
    pytest.fail("Postgres was asked")


def test_what_another_process_keeps_comes_into_memory_and_its_answer_with_it():
    async def act(store, cache):
        await store.exchange()
        await store.shelving.bring(HERE)
        other = StoredNeighbours(store._connect, cache)
        await put(other, cache, ASKED)
        cache.forget([hashlib.sha256(HERE + ASKED.encode()).digest()])
        await put(other, cache, ASKED, ELSEWHERE)
        await store.exchange()
        await store.exchange()
        store.search = never
        return store.shelves.questions, texts(await store.near(HERE, AGAIN))

    assert with_store(act) == (1, ["Press."])


def test_an_answer_that_has_gone_is_no_neighbour():
    async def act(store, cache):
        await store.exchange()
        await store.shelving.bring(HERE)
        key = await put(store, cache, ASKED)
        cache.forget([key])
        await asyncio.to_thread(_forget_answer, key)
        return await store.near(HERE, AGAIN)

    assert with_store(act) == []


def _forget_answer(key):
    CacheEntry.objects.filter(key=key).delete()
    connection.close()


def test_a_partition_that_is_too_large_is_not_held(monkeypatch):
    monkeypatch.setattr(shelving, "LARGE", 1)

    async def act(store, cache):
        for question in (ASKED, AGAIN):
            await put(store, cache, question)
        await store.shelving.bring(HERE)
        return HERE in store.shelves, store.shelving._may_be_held(HERE)

    assert with_store(act) == (False, False)


def test_a_process_that_hears_nothing_of_purges_does_not_ask_its_memory():
    async def act(store, cache):
        await put(store, cache, ASKED)
        await store.shelving.bring(HERE)
        store._heard -= 11
        store.search = nothing
        return await store.near(HERE, AGAIN)

    assert with_store(act) == []


async def nothing(wish):
    return []


def test_a_purge_that_is_committed_late_is_heard():
    async def act(store, cache):
        await store.exchange()
        keys = [await put(store, cache, question) for question in (ASKED, AGAIN)]
        for key, number in zip(keys, (9, 8), strict=True):
            await asyncio.to_thread(_purge, key, pk=number)
            await store.exchange()
        return [await cache.find(key) for key in keys]

    assert with_store(act) == [None, None]


def test_expired_entries_go_in_parts(monkeypatch):
    monkeypatch.setattr(neighbours, "SWEPT", 1)

    async def act(store, cache):
        store._sweep_at = float("inf")
        for question in (ASKED, AGAIN):
            await put(store, cache, question, seconds=-1.0)
        store._sweep_at, left = 0.0, []
        for _ in range(3):
            await store.exchange()
            left.append(await asyncio.to_thread(_entries))
        return left

    assert with_store(act) == [1, 0, 0]


def _entries():
    count = SemanticEntry.objects.count()
    connection.close()
    return count


def test_a_database_that_is_away_is_a_miss_at_once_and_loses_nothing():
    tried, late = [], []

    def connect():
        tried.append(1)
        raise OperationalError("away")

    async def act():
        store = StoredNeighbours(connect, Purged(), lambda: late.append(1))
        store.keep(Asked(b"k" * 32, HERE, ASKED), make_call(), 60)
        with pytest.raises(OperationalError):
            await store.exchange()
        for _ in range(2):
            with pytest.raises(Late):
                await store.near(HERE, ASKED)
        return len(store._entries), len(tried), len(late)

    assert asyncio.run(act()) == (1, 2, 2)


def test_nobody_waits_long_for_a_database_that_is_slow(monkeypatch):
    monkeypatch.setattr(together, "PATIENCE", 0.01)

    class Slow:
        async def __aenter__(self):
            await asyncio.sleep(10)

        async def __aexit__(self, *_):
            return None

    async def act():
        store = StoredNeighbours(Slow, Purged())
        for _ in range(2):
            with pytest.raises(Late):
                await store.near(HERE, ASKED)

    asyncio.run(act())


def test_what_cannot_be_written_soon_is_bounded(monkeypatch):
    monkeypatch.setattr(neighbours, "MOST_UNSAVED", 1)

    async def act():
        store = StoredNeighbours(None, Purged())
        for key in (b"1" * 32, b"2" * 32):
            store.keep(Asked(key, HERE, ASKED), make_call(), 60)
        return len(store._entries)

    assert asyncio.run(act()) == 1


def test_a_store_that_runs_survives_errors(monkeypatch):
    store = StoredNeighbours(None, Purged())
    errors = iter([OperationalError("away"), None])

    async def exchange():
        if (error := next(errors)) is not None:
            raise error
        raise asyncio.CancelledError

    monkeypatch.setattr(store, "exchange", exchange)
    monkeypatch.setattr(store, "EVERY", 0)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(store.run())


@pytest.mark.parametrize(
    ("policy", "structured", "judged"),
    [({"judge": "same"}, None, "waiting"), ({}, None, ""), ({"judge": "same"}, {"a": 1}, "")],
)
def test_texts_that_differ_wait_for_the_features_judge(policy, structured, judged):
    near = Neighbour(ASKED, 0.9, Cached(Reply("answered", "Press.", structured)))

    async def row():
        call = make_call({"cache": policy})
        return neighbours.check_row(Checked(call, Asked(b"", HERE, AGAIN), near, "Pull.", False, True))

    assert asyncio.run(row())["judged"] == judged
