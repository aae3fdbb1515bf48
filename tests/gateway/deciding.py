"""A snapshot that follows a real database, in a thread of its own: tests decide as the console does."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aiops.flags.presence import Process
from aiops.gateway.snapshot import Snapshot
from tests.factories.numbers import number


@contextmanager
def following(home: Path, **options) -> Iterator[Snapshot]:
    """A snapshot that has begun; it ends with the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    name = options.pop("instance", None) or f"gw-{number()}"
    snapshot = Snapshot(Process(name, "host-1", 17, 8001, "0.1"), home, **options)
    asyncio.run_coroutine_threadsafe(snapshot.__aenter__(), loop).result(20)
    try:
        yield snapshot
    finally:
        asyncio.run_coroutine_threadsafe(snapshot.__aexit__(None, None, None), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def until(true: Callable[[], object], seconds: float = 20) -> None:
    """Wait for it; the bound is for machines that pause."""
    tick, left = threading.Event(), seconds
    while not true():
        tick.wait(0.01)
        left -= 0.01
        assert left > 0, "it did not happen"
