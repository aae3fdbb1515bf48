"""Cached answers of several processes, shared through the real Postgres."""

import asyncio
from datetime import timedelta

import pytest
from django.db import connection

from aiops.core import clock
from aiops.gateway.messages import Passage, Reply
from aiops.gateway.models import CacheEntry
from aiops.gateway.stores import cache
from aiops.gateway.stores.cache import SharedCache
from tests.gateway.test_recording import World
from tests.gateway.world import make_call

pytestmark = pytest.mark.django_db(transaction=True)
PASSAGE = Passage(number=1, document="returns.md", title="Returns", url="", text="30 days", score=0.5)


def key(number: int) -> bytes:
    return number.to_bytes(32)


async def keep(store: SharedCache, *numbers: int, policy: dict | None = None, ttl: float = 60) -> None:
    for number in numbers:
        reply = Reply("answered", f"answer {number}", {"n": number}, "small", passages=(PASSAGE,))
        await store.keep(key(number), make_call(policy), reply, ttl)


def test_what_one_process_keeps_another_finds():
    async def go():
        one, other = SharedCache(World().connect), SharedCache(World().connect)
        await other.exchange()
        await keep(one, 1)
        await one.exchange()
        await other.exchange()
        return (await other.find(key(1))).reply

    reply = asyncio.run(go())
    assert (reply.text, reply.structured, reply.passages) == ("answer 1", {"n": 1}, (PASSAGE,))


def test_entries_are_exchanged_in_parts_and_each_once(monkeypatch):
    monkeypatch.setattr(cache, "PART", 3)

    async def go():
        one, other = SharedCache(World().connect), SharedCache(World().connect)
        await keep(one, *range(8))
        await one.exchange()
        await other.exchange()
        return [await other.find(key(number)) is not None for number in range(8)], one._unsaved

    assert asyncio.run(go()) == ([True] * 8, {})
    assert CacheEntry.objects.count() == 8


def test_a_new_process_reads_the_newest_entries_alone():
    async def go():
        one, late = SharedCache(World().connect), SharedCache(World().connect, most=2)
        for number in range(5):
            await keep(one, number)
            await one.exchange()
        await late.exchange()
        return [await late.find(key(number)) is not None for number in range(5)]

    assert asyncio.run(go()) == [False, False, False, True, True]


def test_a_database_that_is_away_loses_nothing():
    async def go():
        world = World()
        one = SharedCache(world.connect)
        await keep(one, 1)
        world.fails = 1
        with pytest.raises(Exception, match="away"):
            await one.exchange()
        await one.exchange()

    asyncio.run(go())
    assert CacheEntry.objects.get().text == "answer 1"


def test_entries_that_are_over_are_removed():
    asyncio.run(keep_and_exchange())
    CacheEntry.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    asyncio.run(SharedCache(World().connect).exchange())
    assert not CacheEntry.objects.exists()


async def keep_and_exchange() -> None:
    one = SharedCache(World().connect)
    await keep(one, 1, policy={"cache": {"shared": True}})
    await one.exchange()


def test_entries_that_are_over_go_in_parts(monkeypatch):
    monkeypatch.setattr(cache, "SWEPT", 2)

    async def go():
        store, left = SharedCache(World().connect), []
        store._sweep_at = float("inf")
        await keep(store, 1, 2, 3, ttl=-1.0)
        await store.exchange()
        store._sweep_at = 0.0
        for _ in range(2):
            await store.exchange()
            left.append(await asyncio.to_thread(_count))
        return left

    assert asyncio.run(go()) == [1, 0]


def _count():
    count = CacheEntry.objects.count()
    connection.close()
    return count
