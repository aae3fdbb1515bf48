"""Connections to Postgres, a few for all that the gateway does."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool, PoolTimeout

Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection[Any]]]


class Pool:
    """A few connections to Postgres. One that can't be had in a moment counts as a database that is away."""

    WAIT = 2.0  # seconds

    def __init__(self, where: Mapping[str, Any], most: int = 4) -> None:
        self._pool = AsyncConnectionPool(
            kwargs={**where, "autocommit": True},
            min_size=0,
            max_size=most,
            open=False,
            timeout=self.WAIT,
            reconnect_timeout=1,  # else it waits twice as long each time, and up to minutes once it is back
        )

    async def open(self) -> None:
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close(2)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection[Any]]:
        """Raises OperationalError while the database is away."""
        try:
            async with self._pool.connection() as connection:
                yield connection
        except PoolTimeout as error:
            raise OperationalError(f"no connection within {self.WAIT:g} s") from error
