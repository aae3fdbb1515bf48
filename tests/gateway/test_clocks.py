"""The host's clock jumps by an hour: ids stay valid, and nothing is kept for longer than it says it is."""

import asyncio
import time

import pytest

from aiops.gateway.call_ids import new_id, time_of, valid
from aiops.gateway.messages import Reply
from aiops.gateway.stores.cache import SharedCache
from tests.gateway.world import make_call

NOON = 1_790_000_000.0
HOUR = 3600.0


def test_ids_made_before_and_after_a_jump_are_different_and_hold_their_time():
    times = [NOON, NOON + HOUR, NOON, NOON - HOUR]
    ids = [new_id(at) for at in times]
    assert len(set(ids)) == 4
    assert all(map(valid, ids))
    assert [time_of(one) for one in ids] == times


@pytest.mark.parametrize(("jump", "age"), [(HOUR, HOUR), (-HOUR, 0.0), (2 * HOUR, None)])
def test_an_answer_in_the_cache_has_an_age_of_at_least_nothing(jump, age, monkeypatch):
    clock = [NOON]
    monkeypatch.setattr(time, "time", lambda: clock[-1])

    async def go() -> float | None:
        cache = SharedCache(lambda: None)  # nobody asks the database
        await cache.keep(b"key", make_call(), Reply("answered", "Fine."), 1.5 * HOUR)
        clock.append(NOON + jump)
        found = await cache.find(b"key")
        return found.age if found else None

    assert asyncio.run(go()) == age
