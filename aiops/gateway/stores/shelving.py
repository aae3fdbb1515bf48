"""Partitions are brought from Postgres into memory when they are asked for again, and kept as it has them.

What other processes keep is read each second, for partitions that are here. What somebody purges leaves at
the same time; while nothing is heard of that, the memory is not asked.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog
from psycopg import Error

from aiops.gateway.semantic.embedding import DIMENSIONS
from aiops.gateway.semantic.shelves import Entry, Shelf, Shelves
from aiops.gateway.stores.indexing import INDEXED, LARGE
from aiops.gateway.stores.pool import Connect

ONCE = 10_000  # partitions that were asked for lately, and are not here
WANTED = 1_000
PART = 250  # questions that are read at once: so long no call goes on, some 3 ms
AT_ONCE = 3  # partitions that come
NEWS = 2_000
PARTS = 5  # of news in one go; the rest comes with the next
LATE = timedelta(seconds=2)  # by which a row may be committed after the time that it states
EACH, EACH_FULL = 2e-5, 1e-3  # seconds to rest per question that came, and where another must leave for it
TOO_LARGE = 600.0  # seconds for which a partition that was too large isn't tried again
log = structlog.get_logger(__name__)


class Shelving:
    """`unsaved` gives what this process has kept of a partition and Postgres may not have yet."""

    def __init__(
        self, connect: Connect, shelves: Shelves, writer: str, unsaved: Callable[[bytes, Shelf], None]
    ) -> None:
        self._connect = connect
        self._shelves = shelves
        self._writer = writer
        self._unsaved = unsaved
        self._once: OrderedDict[bytes, None] = OrderedDict()
        self._not_before: dict[bytes, float] = {}
        self._wanted: OrderedDict[bytes, None] = OrderedDict()
        self._any = asyncio.Event()
        self._read_to: datetime | None = None  # None: nothing has been read
        self._read: dict[bytes, datetime] = {}  # since then
        self.indexed: frozenset[str] = frozenset()  # names of large partitions' indexes

    def missed(self, partition: bytes) -> None:
        """A lookup that memory could not answer: at the second one its partition is wanted."""
        if partition not in self._once:
            self._once[partition] = None
            if len(self._once) > ONCE:
                self._once.popitem(last=False)
        elif len(self._wanted) < WANTED:
            self._wanted[partition] = None
            self._any.set()

    async def run(self) -> None:
        """Bring what is wanted, until cancelled."""
        async with asyncio.TaskGroup() as all_of_them:
            for _ in range(AT_ONCE):
                all_of_them.create_task(self._bring_on())

    async def _bring_on(self) -> None:
        """One after the other; slowly where another must leave for it."""
        while True:
            await self._any.wait()
            try:
                came = await self._bring_next()
            except (Error, OSError) as error:
                log.warning("not_brought", error=str(error).strip())
                came = PART
            await asyncio.sleep(came * (EACH_FULL if self._shelves.full else EACH))

    async def _bring_next(self) -> int:
        """How many questions came."""
        if not self._wanted:  # another one that waited took it
            return 0
        partition, _ = self._wanted.popitem(last=False)
        if not self._wanted:
            self._any.clear()
        self._once.pop(partition, None)
        if self._read_to is None or not self._may_be_held(partition):
            return 0
        return await self.bring(partition)

    async def bring(self, partition: bytes) -> int:
        """Fill its shelf, as far as it is not too large; return how many questions came."""
        shelf = self._shelves.begin(partition)
        try:
            self._unsaved(partition, shelf)
            last, more = b"", True
            while more and len(shelf) <= LARGE:
                async with self._connect() as connection:
                    rows = await (
                        await connection.execute(_ALL, (partition, last, PART), binary=True)
                    ).fetchall()
                shelf.fill(*_read(rows))
                last, more = rows[-1][0] if rows else b"", len(rows) == PART
            if len(shelf) > LARGE:
                self._not_before[partition] = time.monotonic() + TOO_LARGE
            else:
                self._shelves.finish(partition)
            return len(shelf)
        finally:
            if self._shelves.get(partition) is not shelf:
                self._shelves.drop(partition)

    async def exchange(self, connection: Any) -> None:
        """Read what other processes have kept since."""
        if self._read_to is None:
            row = await (await connection.execute("SELECT clock_timestamp()")).fetchone()
            self._read_to = row[0] - LATE
        at, key = self._read_to, b""
        for _ in range(PARTS):
            cursor = await connection.execute(_NEWS, (at, key, self._writer, NEWS), binary=True)
            rows = await cursor.fetchall()
            await self._learn(connection, {row[0]: row[1] for row in rows if row[0] not in self._read})
            self._read |= {key: at for key, _, at in rows}
            if rows:
                key, _, at = rows[-1]
            if len(rows) < NEWS:
                break
        self._read_to = max(self._read_to, at - LATE)
        self._read = {key: at for key, at in self._read.items() if at >= self._read_to}

    async def tidy(self, connection: Any) -> None:
        """Now and then: what has expired or has an index of its own leaves the memory."""
        cursor = await connection.execute(_INDEXES, (INDEXED,))
        self.indexed = frozenset(name for (name,) in await cursor.fetchall())
        now = time.monotonic()
        self._not_before = {place: at for place, at in self._not_before.items() if at > now}
        self._shelves.tidy(time.time(), lambda partition: index_of(partition) in self.indexed)

    async def _learn(self, connection: Any, places: Mapping[bytes, bytes]) -> None:
        wanted = [key for key, partition in places.items() if partition in self._shelves]
        if not wanted:
            return
        cursor = await connection.execute(_THOSE, (wanted,), binary=True)
        entries, vectors = _read(await cursor.fetchall())
        for row, entry in enumerate(entries):
            self._shelves.fill(places[entry.key], [entry], vectors[row : row + 1])

    def _may_be_held(self, partition: bytes) -> bool:
        if partition in self._shelves or index_of(partition) in self.indexed:
            return False
        return time.monotonic() >= self._not_before.get(partition, 0.0)


def index_of(partition: bytes) -> str:
    """The name that a large partition's own index has."""
    return f"{INDEXED}{partition.hex()[:24]}"


def _read(rows: Sequence[tuple[bytes, float, str, bytes]]) -> tuple[list[Entry], npt.NDArray[np.float32]]:
    """Vectors come as pgvector sends them: two numbers of two bytes in front, then so many halves."""
    entries = [Entry(key, expires, question) for key, expires, question, _ in rows]
    halves = np.frombuffer(b"".join([row[3] for row in rows]), ">f2").reshape(-1, DIMENSIONS + 2)
    return entries, halves[:, 2:].astype(np.float32)


_ENTRY = "key, extract(epoch FROM expires_at)::float8, question, embedding"
_ALL = f"""
SELECT {_ENTRY} FROM gateway_semanticentry WHERE key IN (
  SELECT key FROM gateway_semanticentry WHERE partition = %s AND key > %s AND expires_at > now()
  ORDER BY key LIMIT %s
) ORDER BY key
"""  # noqa: S608 - our own words
_NEWS = """
SELECT key, partition, at FROM gateway_semanticentry
WHERE (at, key) > (%s, %s) AND writer <> %s ORDER BY at, key LIMIT %s
"""
_THOSE = f"SELECT {_ENTRY} FROM gateway_semanticentry WHERE key = ANY(%s)"  # noqa: S608 - as above
_INDEXES = """
SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE starts_with(c.relname::text, %s) AND i.indisvalid
"""
