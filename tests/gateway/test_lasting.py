"""A gateway's process has an end: what hangs while it stops doesn't keep it."""

import asyncio
import gc
import os
from contextlib import asynccontextmanager

import pytest

from aiops.gateway import http


@pytest.fixture(autouse=True)
def garbage():
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_a_process_that_stops_ends_in_time(monkeypatch):
    timers = []

    class Timer:
        daemon = False

        def __init__(self, seconds, act, args):
            self.does = (seconds, act, args)

        def start(self):
            timers.append((self.daemon, *self.does))

    monkeypatch.setattr(http.threading, "Timer", Timer)
    seen = []

    @asynccontextmanager
    async def opened():
        yield "gate"
        seen.append(len(timers))

    async def act():
        async with http._lasting(opened)() as gate:
            return gate, list(timers)

    assert asyncio.run(act()) == ("gate", [])
    assert (seen, timers) == ([1], [(True, 8.0, os._exit, (1,))])
