"""The port `Queries`: a query is tried where it can write nothing, and only its rows are counted.

On the read replica, or as a role of the main database that owns nothing and reads what it is granted
(`GRANT SELECT ON orders TO aiops_reads`). Connections of its own; MOVE instead of FETCH, so that what the
query finds never leaves the database.
"""

import asyncio
import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.conninfo import conninfo_to_dict

from aiops import env
from aiops.core.texts.answers import shorten
from aiops.gateway import listening
from aiops.gateway.ports import QueryFailed, Ran
from aiops.gateway.stores.pool import Pool

ROLE = "aiops_reads"
GRACE = 1.0  # seconds beyond the statement's own bound: for the connection
_CURSOR = "tried"
_MADE = sql.SQL("CREATE ROLE {} NOLOGIN ROLE CURRENT_USER").format(sql.Identifier(ROLE))


class StoredQueries:
    """`role`: whom to become before a query; None where the address is a read replica's."""

    def __init__(self, where: Mapping[str, Any], role: str | None = None) -> None:
        self._pool = Pool({**where, "application_name": "aiops guardrail"}, most=2)
        self._role = role
        self._ready = role is None

    async def __aenter__(self) -> Self:
        await self._pool.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close()

    async def run(self, query: str, *, seconds: float, most_rows: int) -> Ran:
        """How many rows it returns, and its columns. Raises QueryFailed, in words that hold no value."""
        late = f"it does not finish within {seconds:g} s"
        try:
            async with asyncio.timeout(seconds + GRACE), self._pool.connect() as connection:
                await self._make_role(connection)
                async with connection.transaction(force_rollback=True):
                    await self._confine(connection, seconds)
                    return await _counted(connection, query, most_rows)
        except (psycopg.errors.QueryCanceled, TimeoutError):
            raise QueryFailed(late) from None
        except psycopg.Error as error:
            raise QueryFailed(_in_words(error)) from None

    async def _make_role(self, connection: AsyncConnection[Any]) -> None:
        if self._ready:
            return
        known = await connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [self._role])
        if await known.fetchone() is None:
            try:
                await connection.execute(_MADE)
            except psycopg.errors.DuplicateObject:
                pass  # another process was quicker
            except psycopg.errors.InsufficientPrivilege:
                raise QueryFailed(f"set DATABASE_REPLICA_URL, or make the role {ROLE}") from None
        self._ready = True

    async def _confine(self, connection: AsyncConnection[Any], seconds: float) -> None:
        limit = sql.Literal(f"{round(seconds * 1000)}ms")
        await connection.execute("SET TRANSACTION READ ONLY")
        await connection.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(limit))
        await connection.execute(sql.SQL("SET LOCAL idle_in_transaction_session_timeout = {}").format(limit))
        await connection.execute("SET LOCAL lock_timeout = '500ms'")
        if self._role:
            await connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(self._role)))


def stored_queries() -> StoredQueries:
    """Where this installation tries queries."""
    if replica := env.replica_url():
        return StoredQueries(conninfo_to_dict(replica, connect_timeout=5))
    return StoredQueries(listening.address(), ROLE)


async def _counted(connection: AsyncConnection[Any], query: str, most_rows: int) -> Ran:
    async with connection.cursor(name=_CURSOR) as cursor:
        await cursor.execute(query.encode(errors="replace"))  # DECLARE … CURSOR takes one query only
        columns = tuple(column.name for column in cursor.description or ())
        moved = await connection.execute(f"MOVE FORWARD {most_rows + 1} IN {_CURSOR}".encode())
    if moved.rowcount > most_rows:
        raise QueryFailed(f"it returns more than {most_rows:,} rows")
    return Ran(moved.rowcount, columns)


def _in_words(error: psycopg.Error) -> str:
    """What is wrong with the query as it is written; of what it met on its way only the kind."""
    if error.sqlstate is None or isinstance(error, psycopg.OperationalError):
        return "the database for trying queries is away"
    if error.sqlstate.startswith("42"):
        return f"the query fails: {shorten(error.diag.message_primary or '', 200)}"
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    return f"the query fails: {kind}"
