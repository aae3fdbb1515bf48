"""The port `Neighbours` on pgvector. Lookups that come together are asked together.

A partition is searched whole, through an index that holds its vectors side by side: none of its entries is
missed, however large the table is. One that has grown too large for that gets an HNSW index of its own
(`indexing.py`), which knows no other partition's entries either.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
import structlog
from psycopg import Error, OperationalError

from aiops.gateway.messages import Call, Passage, Reply
from aiops.gateway.ports import Asked, Cached, Checked, Neighbour
from aiops.gateway.semantic.threshold import GRID
from aiops.gateway.stores import neighbours_sql as sql
from aiops.gateway.stores.indexing import INDEXED
from aiops.gateway.stores.pool import Connect

PATIENCE = 0.25  # seconds that a call waits for its neighbours
AWAY = 5.0  # seconds without lookups once one has failed
TOGETHER = 32  # lookups in one question
AT_ONCE = 2  # such questions under way
MOST_UNSAVED = 5_000
SWEEP_EVERY = 60.0  # seconds
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Wish:
    partition: bytes
    vector: str
    found: asyncio.Future[Sequence[Neighbour]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class StoredNeighbours:
    """`embed` gives a text's vector of 512 numbers; `forget` drops answers that were purged."""

    EVERY = 1.0  # seconds

    def __init__(
        self,
        connect: Connect,
        embed: Callable[[str], Sequence[float]],
        forget: Callable[[Sequence[bytes]], None],
    ) -> None:
        self._connect = connect
        self._embed = lru_cache(maxsize=1024)(lambda text: sparse(embed(text)))  # looked up, then kept
        self._forget = forget
        self._wishes: list[Wish] = []
        self._asking: set[asyncio.Task[None]] = set()
        self._away_until = 0.0
        self._thresholds: dict[str, float] = {}
        self._indexed: frozenset[str] = frozenset()
        self._entries: dict[bytes, dict[str, Any]] = {}
        self._checks: list[dict[str, Any]] = []
        self._purge: int | None = None  # the last one that was read
        self._sweep_at = 0.0

    def threshold(self, feature: str) -> float | None:
        return self._thresholds.get(feature)

    async def near(self, partition: bytes, question: str) -> Sequence[Neighbour]:
        if time.monotonic() < self._away_until:
            return ()
        wish = Wish(partition, self._embed(question))
        self._wishes.append(wish)
        if len(self._asking) < AT_ONCE:
            task = asyncio.create_task(self._ask())
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        try:
            async with asyncio.timeout(PATIENCE):
                return await wish.found
        except TimeoutError:
            self._away_until = time.monotonic() + AWAY
            return ()

    def keep(self, asked: Asked, call: Call, ttl: float) -> None:
        if len(self._entries) >= MOST_UNSAVED:
            return  # the database is away, or slow: what is not remembered is asked again
        self._entries[asked.key] = {
            "key": asked.key.hex(),
            "partition": asked.partition.hex(),
            "feature": call.feature.slug,
            "tenant": "" if call.feature.policy.cache.shared else call.tenant,
            "revision": call.feature.knowledge_revision,
            "question": asked.question.replace("\0", ""),
            "expires": time.time() + ttl,
            "vector": self._embed(asked.question),
        }

    def checked(self, check: Checked) -> None:
        if len(self._checks) < MOST_UNSAVED:
            self._checks.append(_check_row(check))

    async def run(self) -> None:
        """Write and read, until cancelled."""
        while True:
            try:
                await self.exchange()
            except (Error, OSError) as error:
                log.warning("neighbours_alone", error=str(error).strip())
            await asyncio.sleep(self.EVERY)

    async def exchange(self) -> None:
        """Write what is new here; read thresholds and purges."""
        entries, self._entries = self._entries, {}
        checks, self._checks = self._checks, []
        try:
            async with self._connect() as connection:
                if entries:
                    await connection.execute(sql.KEEP, (orjson.dumps(list(entries.values())).decode(),))
                if checks:
                    await connection.execute(sql.CHECKED, (orjson.dumps(checks).decode(),))
                cursor = await connection.execute(sql.THRESHOLDS)
                self._thresholds = {feature: at for feature, at in await cursor.fetchall() if at is not None}
                await self._purged(connection)
                if time.monotonic() >= self._sweep_at:
                    self._sweep_at = time.monotonic() + SWEEP_EVERY
                    await connection.execute(sql.SWEEP)
                    cursor = await connection.execute(sql.INDEXES, (INDEXED,))
                    self._indexed = frozenset(name for (name,) in await cursor.fetchall())
        except (OperationalError, OSError):
            self._entries = {**entries, **self._entries}
            self._checks = [*checks, *self._checks]
            raise

    async def _purged(self, connection: Any) -> None:
        """What was purged before this process began is not in its memory."""
        cursor = await connection.execute(sql.PURGES, (self._purge, self._purge))
        for number, keys in await cursor.fetchall():
            if self._purge is not None:
                self._forget([bytes.fromhex(key) for key in keys])
            self._purge = number
        self._purge = self._purge or 0

    async def _ask(self) -> None:
        """Until nobody waits: what gathered meanwhile, in one question."""
        while self._wishes:
            wishes, self._wishes = self._wishes[:TOGETHER], self._wishes[TOGETHER:]
            found: list[list[Neighbour]] = [[] for _ in wishes]
            try:
                async with self._connect() as connection:
                    await self._search(connection, wishes, found)
            except (Error, OSError) as error:
                self._away_until = time.monotonic() + AWAY
                log.warning("no_neighbours", error=str(error).strip())
            for wish, near in zip(wishes, found, strict=True):
                if not wish.found.done():
                    wish.found.set_result(near)

    async def _search(self, connection: Any, wishes: Sequence[Wish], found: list[list[Neighbour]]) -> None:
        small = [(n, one) for n, one in enumerate(wishes) if index_of(one.partition) not in self._indexed]
        if small:
            cursor = await connection.execute(
                sql.NEAR,
                {
                    "n": [n for n, _ in small],
                    "p": [one.partition for _, one in small],
                    "v": [one.vector for _, one in small],
                    "least": GRID[0],
                },
            )
            for n, *row in await cursor.fetchall():
                found[n].append(_neighbour(*row))
        for n, one in enumerate(wishes):
            if index_of(one.partition) in self._indexed:
                found[n] += await _by_index(connection, one)


async def _by_index(connection: Any, wish: Wish) -> list[Neighbour]:
    async with connection.transaction():
        await connection.execute("SET LOCAL hnsw.iterative_scan = strict_order")
        query = sql.NEAR_INDEXED.replace("PARTITION", f"'\\x{wish.partition.hex()}'::bytea")
        cursor = await connection.execute(query, {"v": wish.vector, "least": GRID[0]})
        return [_neighbour(*row) for row in await cursor.fetchall()]


def sparse(vector: Sequence[float]) -> str:
    """As pgvector reads it where most places are empty."""
    parts = ",".join([f"{place}:{value:.5g}" for place, value in enumerate(vector, 1) if value])
    return f"{{{parts}}}/{len(vector)}"


def index_of(partition: bytes) -> str:
    """The name that a large partition's own index has."""
    return f"{INDEXED}{partition.hex()[:24]}"


def _neighbour(
    question: str, likeness: float, age: float, text: str, structured: Any, model: str, passages: Any
) -> Neighbour:
    told = tuple(Passage(**one) for one in passages)
    reply = Reply("answered", text, structured, model, passages=told)
    return Neighbour(question, likeness, Cached(reply, max(0.0, age)))


def _check_row(check: Checked) -> dict[str, Any]:
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
        **{name: text.replace("\0", "")[:4000] if kept else "" for name, text in texts.items()},
    }
