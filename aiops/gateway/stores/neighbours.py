"""The port `Neighbours` on pgvector, with the partitions that are asked most in memory.

A partition is searched whole: in memory (`semantic/shelves.py`), or where it is not there by Postgres,
through an index that holds its vectors side by side. None of its entries is missed, however large the table
is. One that has grown too large for both gets an HNSW index of its own (`indexing.py`), which knows no other
partition's entries either.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple, Protocol

import orjson
import structlog
from psycopg import Error, OperationalError

from aiops.gateway.messages import Call, Passage, Reply
from aiops.gateway.ports import Asked, Cached, Checked, Late, Neighbour
from aiops.gateway.semantic.embedding import Sparse, embed, written
from aiops.gateway.semantic.shelves import Entry, Found, Shelf, Shelves
from aiops.gateway.semantic.threshold import GRID
from aiops.gateway.semantic.veto import fitting
from aiops.gateway.stores import neighbours_sql as sql
from aiops.gateway.stores.keeping import Kept, keep
from aiops.gateway.stores.pool import Connect
from aiops.gateway.stores.shelving import Shelving, index_of
from aiops.gateway.stores.together import Together

MOST_BYTES = 256 * 2**20  # of questions and their vectors in memory
MOST_UNSAVED = 5_000
TRIED = 24  # of those in memory, until `NEAREST` are found that could be given
SWEEP_EVERY = 60.0  # seconds
SWEPT = 2_000  # entries that go at once
DEAF_AFTER = 10.0  # seconds without news of purges, after which memory isn't asked
log = structlog.get_logger(__name__)


def looking_up_at(where: Mapping[str, Any]) -> dict[str, Any]:
    """Where to look up: connections that search an index widely enough."""
    return {**where, "options": f"{where.get('options', '')} {sql.WIDELY}".strip()}


class Answers(Protocol):
    """The exact cache: it has the answers in memory."""

    async def find(self, key: bytes) -> Cached | None: ...

    def forget(self, keys: Sequence[bytes]) -> None: ...


class Wish(NamedTuple):
    partition: bytes
    vector: Sparse


class StoredNeighbours:
    """`late` is told of each call that went on without its neighbours, `most` are the bytes of memory."""

    EVERY = 1.0  # seconds

    def __init__(
        self,
        connect: Connect,
        answers: Answers,
        late: Callable[[], None] = lambda: None,
        most: int = MOST_BYTES,
    ) -> None:
        self._connect = connect
        self._answers = answers
        self._late = late
        self._embed = lru_cache(maxsize=1024)(embed)  # looked up, then kept
        self.search: Together[Wish, list[Neighbour]] = Together(connect, self._ask)
        self._loads: Together[Found, Neighbour | None] = Together(connect, _load)
        self.shelves = Shelves(most)
        self._writer = secrets.token_hex(8)
        self.shelving = Shelving(connect, self.shelves, self._writer, self._unsaved)
        self._thresholds: dict[str, float] = {}
        self._entries: dict[bytes, Kept] = {}
        self._writing: dict[bytes, Kept] = {}
        self._checks: list[dict[str, Any]] = []
        self._purges: set[int] | None = None  # those of late that were read; None: nothing has been read
        self._heard = -DEAF_AFTER
        self._sweep_at = 0.0

    def threshold(self, feature: str) -> float | None:
        return self._thresholds.get(feature)

    async def near(self, partition: bytes, question: str) -> Sequence[Neighbour]:
        vector = self._embed(question)
        try:
            shelf = self.shelves.get(partition)
            if shelf is None or time.monotonic() - self._heard > DEAF_AFTER:
                self.shelving.missed(partition)
                return await self.search(Wish(partition, vector))
            found = fitting(question, shelf.search(vector, GRID[0], TRIED, time.time()))
            return await self._answered(list(islice(found, sql.NEAREST)))
        except Late:
            self._late()
            raise

    def keep(self, asked: Asked, call: Call, ttl: float) -> None:
        if len(self._entries) >= MOST_UNSAVED:
            return  # the database is away, or slow: what is not remembered is asked again
        question, expires = asked.question.replace("\0", ""), time.time() + ttl
        tenant = "" if call.feature.policy.cache.shared else call.tenant
        vector = self._embed(asked.question)
        entry = Entry(asked.key, expires, question)
        revision = call.feature.knowledge_revision
        self._entries[asked.key] = Kept(entry, asked.partition, call.feature.slug, tenant, revision, vector)
        self.shelves.add(asked.partition, entry, vector)

    def checked(self, check: Checked) -> None:
        if len(self._checks) < MOST_UNSAVED:
            self._checks.append(check_row(check))

    async def run(self) -> None:
        """Write and read, until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self.shelving.run())
            while True:
                try:
                    await self.exchange()
                except (Error, OSError) as error:
                    log.warning("neighbours_alone", error=str(error).strip())
                await asyncio.sleep(self.EVERY)

    async def exchange(self) -> None:
        """Write what is new here; read thresholds, what is new elsewhere, and purges."""
        begun = time.monotonic()
        self._writing, self._entries = self._entries, {}
        checks, self._checks = self._checks, []
        try:
            async with self._connect() as connection:
                if self._writing:
                    await keep(connection, list(self._writing.values()), self._writer)
                if checks:
                    await connection.execute(sql.CHECKED, (orjson.dumps(checks).decode(),))
                self._writing, checks = {}, []
                await self._hear(connection)
                self._heard = begun
                if time.monotonic() >= self._sweep_at:
                    await self._sweep(connection)
        except (OperationalError, OSError):
            self._entries = {**self._writing, **self._entries}
            self._checks = [*checks, *self._checks]
            raise
        finally:
            self._writing = {}

    async def _hear(self, connection: Any) -> None:
        cursor = await connection.execute(sql.THRESHOLDS)
        self._thresholds = {feature: at for feature, at in await cursor.fetchall() if at is not None}
        await self.shelving.exchange(connection)
        self.shelves.trim()
        await self._purged(connection)

    async def _purged(self, connection: Any) -> None:
        """What was purged before this process began is not in its memory.

        The last few are looked at again: one may be committed after another that has a higher number.
        """
        known = self._purges
        cursor = await connection.execute(sql.PURGES, {"known": sorted(known or ()), "first": known is None})
        rows = await cursor.fetchall()
        for _, keys in rows if known is not None else ():
            gone = [bytes.fromhex(key) for key in keys]
            self._answers.forget(gone)
            self.shelves.forget(gone)
        self._purges = set(sorted({number for number, _ in rows} | (known or set()))[-sql.AGAIN :])

    async def _sweep(self, connection: Any) -> None:
        """Each minute, or at once where there is more: so much at a time that the rest need not wait."""
        swept = await connection.execute(sql.SWEEP, (SWEPT,))
        if swept.rowcount < SWEPT:
            self._sweep_at = time.monotonic() + SWEEP_EVERY
            await self.shelving.tidy(connection)

    def _unsaved(self, partition: bytes, shelf: Shelf) -> None:
        for kept in (*self._writing.values(), *self._entries.values()):
            if kept.partition == partition:
                shelf.add(kept.entry, kept.vector)

    async def _answered(self, found: Iterable[Found]) -> list[Neighbour]:
        """Those whose answers are still there."""
        near = []
        for one in found:
            cached = await self._answers.find(one.key)
            if cached is not None:
                near.append(Neighbour(one.question, one.likeness, cached))
            elif (loaded := await self._loads(one)) is not None:
                near.append(loaded)
        return near

    async def _ask(self, connection: Any, wishes: Sequence[Wish]) -> list[list[Neighbour]]:
        """One statement for all small partitions, one for each large one."""
        found: list[list[Neighbour]] = [[] for _ in wishes]
        places: dict[bytes, list[int]] = {}
        for number, wish in enumerate(wishes):
            large = index_of(wish.partition) in self.shelving.indexed
            places.setdefault(wish.partition if large else b"", []).append(number)
        for partition, numbers in places.items():
            asked = {
                "n": numbers,
                "p": [wishes[number].partition for number in numbers],
                "v": [written(wishes[number].vector) for number in numbers],
                "least": GRID[0],
            }
            query = sql.indexed(partition) if partition else sql.NEAR
            for number, *row in await (await connection.execute(query, asked)).fetchall():
                found[number].append(neighbour(*row))
        return found


async def _load(connection: Any, wishes: Sequence[Found]) -> list[Neighbour | None]:
    """The answers of what was found, where they are still there."""
    cursor = await connection.execute(sql.ANSWERS, ([one.key for one in wishes],))
    rows = {row[0]: row[1:] for row in await cursor.fetchall()}
    return [
        neighbour(one.question, one.likeness, *rows[one.key]) if one.key in rows else None for one in wishes
    ]


def neighbour(
    question: str, likeness: float, age: float, text: str, structured: Any, model: str, passages: Any
) -> Neighbour:
    """As the statements give it."""
    told = tuple(Passage(**one) for one in passages)
    reply = Reply("answered", text, structured, model, passages=told)
    return Neighbour(question, likeness, Cached(reply, max(0.0, age)))


def _undecided(check: Checked) -> bool:
    """Texts that differ, and the feature has a judge: objects are the same or they are not."""
    judged = bool(check.call.feature.policy.cache.judge)
    return judged and not check.equivalent and check.neighbour.cached.reply.structured is None


def check_row(check: Checked) -> dict[str, Any]:
    """A check as it is written. Its texts only where the feature keeps them."""
    texts = {
        "question": check.asked.question,
        "neighbour": check.neighbour.question,
        "stored": check.neighbour.cached.reply.text,
        "fresh": check.fresh,
    }
    kept = check.call.feature.policy.keep_text
    return {
        "call_id": check.call.id,
        "feature": check.call.feature.slug,
        "tenant": check.call.tenant,
        "similarity": check.neighbour.likeness,
        "equivalent": check.equivalent,
        "served": check.served,
        "judged": "waiting" if kept and _undecided(check) else "",
        **{name: text.replace("\0", "")[:4000] if kept else "" for name, text in texts.items()},
    }
