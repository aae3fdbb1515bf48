"""Questions to Postgres that come at once, asked in one statement. No call waits long for them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

import structlog
from psycopg import Error

from aiops.gateway.ports import Late
from aiops.gateway.stores.pool import Connect

Wish = TypeVar("Wish")
Found = TypeVar("Found")
Ask = Callable[[Any, Sequence[Wish]], Awaitable[Sequence[Found]]]

PATIENCE = 0.05  # seconds that a call waits
SLOW, AWAY = 1.0, 5.0  # seconds in which nothing is asked after what came too late, or failed
TOGETHER = 32  # wishes in one statement
AT_ONCE = 2  # statements under way
log = structlog.get_logger(__name__)


class Together(Generic[Wish, Found]):
    """`ask(connection, wishes)` gives what was found for each of them, in their order."""

    def __init__(self, connect: Connect, ask: Ask[Wish, Found]) -> None:
        self._connect = connect
        self._ask = ask
        self._waiting: list[tuple[Wish, asyncio.Future[Found]]] = []
        self._asking: set[asyncio.Task[None]] = set()
        self._not_before = 0.0

    async def __call__(self, wish: Wish) -> Found:
        """Raises Late."""
        if time.monotonic() < self._not_before:
            raise Late
        found: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._waiting.append((wish, found))
        if len(self._asking) < AT_ONCE:
            task = asyncio.create_task(self._ask_all())
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        try:
            async with asyncio.timeout(PATIENCE):
                return await found
        except TimeoutError:
            self._not_before = time.monotonic() + SLOW
            raise Late from None

    async def _ask_all(self) -> None:
        """Until nobody waits: what gathered meanwhile, in one statement."""
        while self._waiting:
            part, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            wanted = [one for one in part if not one[1].done()]
            try:
                async with self._connect() as connection:
                    answers = await self._ask(connection, [wish for wish, _ in wanted])
            except (Error, OSError) as error:
                self._not_before = time.monotonic() + AWAY
                log.warning("no_neighbours", error=str(error).strip())
                for _, found in wanted:
                    if not found.done():
                        found.set_exception(Late())
                continue
            for (_, found), answer in zip(wanted, answers, strict=True):
                if not found.done():
                    found.set_result(answer)
