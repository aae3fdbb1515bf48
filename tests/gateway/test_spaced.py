"""The semantic cache by a model's vectors: on a real PostgreSQL, in its partition, by its own thresholds."""

import asyncio
import hashlib

import pytest
from psycopg import OperationalError

from aiops.gateway import cache_queries, listening
from aiops.gateway.cache_words import standing
from aiops.gateway.memory import MemoryCache, MemoryLedger, MemoryNeighbours
from aiops.gateway.messages import Reply
from aiops.gateway.models import SemanticCheck, SemanticVector
from aiops.gateway.ports import Asked, Checked, Late
from aiops.gateway.stores.cache import SharedCache
from aiops.gateway.stores.pool import Pool
from aiops.gateway.stores.spaced import SpacedNeighbours
from aiops.providers.errors import BadKey
from tests import factories
from tests.gateway.test_embedder import SPACE, Maker, call_by, embedder_of
from tests.gateway.world import make_call

pytestmark = pytest.mark.django_db(transaction=True)
HERE, ELSEWHERE = b"h" * 32, b"e" * 32
ASKED, AGAIN = "When comes my refund?", "When comes my money?"


class Hashed(MemoryNeighbours):
    """What the hashed neighbours were given."""

    def __init__(self):
        super().__init__(MemoryCache(), lambda _: ())
        self.asked = []

    def keep(self, asked, call, ttl):
        self.asked.append(asked.question)


def with_store(act, maker=None, connect=None):
    """What `act(store, cache)` gives on the test's database."""

    async def run():
        pool = Pool(listening.address(), most=2)
        await pool.open()
        embedder = embedder_of(maker or Maker(), MemoryLedger())
        store = SpacedNeighbours(connect or pool.connect, embedder, Hashed())
        try:
            return await act(store, SharedCache(pool.connect))
        finally:
            await pool.close()

    return asyncio.run(run())


async def put(store, cache, question, partition=HERE):
    """As a call that missed: looked up, answered, kept."""
    call = call_by()
    bound = store.of(call)
    await bound.near(partition, question)
    asked = Asked(hashlib.sha256(partition + question.encode()).digest(), partition, question)
    await cache.keep(asked.key, call, Reply("answered", "In a week.", model="small"), 60)
    bound.keep(asked, call, 60)
    await cache.exchange()
    await store.exchange()
    return asked


def test_a_question_of_the_same_meaning_is_found_in_its_partition_alone():
    async def act(store, cache):
        await put(store, cache, ASKED)
        bound = store.of(call_by())
        return await bound.near(HERE, AGAIN), await bound.near(ELSEWHERE, AGAIN), store._hashed.asked

    ((found,), none, hashed) = with_store(act)
    assert (found.question, found.cached.reply.text, found.likeness > 0.99) == (ASKED, "In a week.", True)
    assert (none, hashed) == ([], [ASKED])
    assert SemanticVector.objects.get().space == SPACE.id


def test_where_hashing_is_in_force_the_hashed_store_answers():
    async def act(store, cache):
        return store.of(make_call())

    assert with_store(act) is None


def test_without_a_vector_a_call_goes_on_and_the_question_waits_for_a_worker():
    async def act(store, cache):
        bound = store.of(call_by())
        with pytest.raises(Late):
            await bound.near(HERE, ASKED)
        bound.keep(Asked(b"k" * 32, HERE, ASKED), call_by(), 60)
        await store.exchange()
        return store._hashed.asked

    assert with_store(act, Maker(BadKey("no"))) == [ASKED]
    assert SemanticVector.objects.count() == 0


def test_a_database_that_is_away_is_asked_once_and_loses_nothing():
    def away():
        raise OperationalError("away")

    async def act(store, cache):
        bound = store.of(call_by())
        for _ in range(2):
            with pytest.raises(Late):
                await bound.near(HERE, ASKED)
        bound.keep(Asked(b"k" * 32, HERE, ASKED), call_by(), 60)
        with pytest.raises(OperationalError):
            await store.exchange()
        return len(store._entries)

    assert with_store(act, connect=away) == 1


def test_checks_and_thresholds_are_of_the_vectors_they_were_made_with():
    factories.make_cache_threshold(feature="summary", threshold=0.9)
    factories.make_cache_threshold(feature="summary", threshold=0.8, space=SPACE.id)

    async def act(store, cache):
        asked = await put(store, cache, ASKED)
        bound = store.of(call_by())
        (near,) = await bound.near(HERE, AGAIN)
        bound.checked(Checked(call_by(), asked, near, "In a week.", equivalent=True, served=False))
        await store.exchange()
        return bound.threshold("summary"), bound.threshold("other")

    assert with_store(act) == (0.8, None)
    assert SemanticCheck.objects.get().space == SPACE.id
    since = SemanticCheck.objects.get().at.replace(year=2020)
    assert [one.checks for one in cache_queries.bins("summary", since, SPACE.id)] == [1]
    assert cache_queries.bins("summary", since) == []


def test_other_vectors_begin_with_no_threshold():
    factories.make_cache_threshold(feature="summary", threshold=0.9)
    policy = call_policy()
    assert standing("summary", policy).threshold == 0.9
    factories.make_choice(use="cache")
    fresh = standing("summary", policy)
    assert (fresh.threshold, fresh.said) == (None, "Collecting, 0 of 299 checks.")


def call_policy():
    return asyncio.run(_policy())


async def _policy():
    return make_call({"cache": {"on": True, "semantic": "on"}}).feature.policy.cache
