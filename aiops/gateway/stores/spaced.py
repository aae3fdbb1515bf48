"""The port `Neighbours` in a space that a model makes: beside the hashed one, which keeps every question too.

A question's vector is asked of the embedder, paid for, and remembered for a while; where there is none to be
had the call goes on without neighbours. Thresholds are of the space: those of other vectors say nothing here.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import orjson
import structlog
from psycopg import Error, OperationalError

from aiops.embeddings.shaping import Vector
from aiops.gateway.messages import Call
from aiops.gateway.picture import Space
from aiops.gateway.ports import Asked, Checked, Embedder, Late, Neighbour, Neighbours, NoVectors
from aiops.gateway.semantic.threshold import GRID
from aiops.gateway.stores.neighbours import check_row, neighbour
from aiops.gateway.stores.pool import Connect

USE = "cache"
EMBEDDING, PATIENCE = 0.5, 0.25  # seconds that a call waits for its vector, and for its neighbours
AWAY = 5.0  # seconds without lookups once one has failed
MOST_UNSAVED = 5_000
NEAREST = 3
NEAR = f"""
SELECT near.question, near.likeness, extract(epoch FROM clock_timestamp() - c.at)::float8, c.text,
  c.structured, c.model, c.passages
FROM (
  SELECT v.key, v.question, -(v.embedding::halfvec(LENGTH) <#> %(v)s::halfvec(LENGTH)) AS likeness
  FROM gateway_semanticvector v
  WHERE v.space = %(space)s AND v.partition = %(partition)s AND v.expires_at > now()
  ORDER BY v.embedding::halfvec(LENGTH) <#> %(v)s::halfvec(LENGTH) LIMIT {NEAREST}
) near
JOIN gateway_cacheentry c ON c.key = near.key AND c.expires_at > now()
WHERE near.likeness >= %(least)s
ORDER BY near.likeness DESC
"""  # noqa: S608 - our own words
KEEP = """
INSERT INTO gateway_semanticvector (space, key, partition, question, expires_at, embedding)
SELECT r.space, decode(r.key, 'hex'), decode(r.partition, 'hex'), r.question, to_timestamp(r.expires),
  r.vector::halfvec
FROM jsonb_to_recordset(%s::jsonb)
  AS r(space bigint, key text, partition text, question text, expires float8, vector text)
ORDER BY r.space, r.key
ON CONFLICT (space, key) DO UPDATE SET expires_at = excluded.expires_at
"""
CHECKED = """
INSERT INTO gateway_semanticcheck
  (call_id, at, feature, tenant, space, similarity, equivalent, served, question, neighbour, stored, fresh,
   judged)
SELECT r.call_id, clock_timestamp(), r.feature, r.tenant, r.space, r.similarity, r.equivalent, r.served,
  r.question, r.neighbour, r.stored, r.fresh, r.judged
FROM jsonb_to_recordset(%s::jsonb) AS r(
  call_id text, feature text, tenant text, space bigint, similarity float8, equivalent bool, served bool,
  question text, neighbour text, stored text, fresh text, judged text)
"""
THRESHOLDS = """
SELECT DISTINCT ON (feature, space) space, feature, threshold FROM gateway_semanticthreshold
WHERE space <> 0 ORDER BY feature, space, at DESC, id DESC
"""
log = structlog.get_logger(__name__)


class SpacedNeighbours:
    """The port `EmbeddedNeighbours`. `hashed` keeps every question, whatever space is in force."""

    EVERY = 1.0  # seconds

    def __init__(self, connect: Connect, embedder: Embedder, hashed: Neighbours) -> None:
        self._connect = connect
        self._embedder = embedder
        self._hashed = hashed
        self._away_until = 0.0
        self._thresholds: dict[tuple[int, str], float] = {}
        self._entries: dict[tuple[int, bytes], dict[str, Any]] = {}
        self._checks: list[dict[str, Any]] = []

    def of(self, call: Call) -> "Neighbours | None":
        """Those of the space that the call's picture names; None: the hashed ones."""
        space = call.picture.space_of(USE)
        return _Bound(self, call, space) if space is not None else None

    async def near(self, call: Call, space: Space, partition: bytes, question: str) -> Sequence[Neighbour]:
        if time.monotonic() < self._away_until:
            raise Late
        try:
            vector = (await self._embedder.embed(call, USE, [question], seconds=EMBEDDING))[0]
        except NoVectors as error:
            raise Late from error
        try:
            async with asyncio.timeout(PATIENCE), self._connect() as connection:
                values = {"v": written(vector), "space": space.id, "partition": partition, "least": GRID[0]}
                cursor = await connection.execute(NEAR.replace("LENGTH", str(len(vector))), values)
                return [neighbour(*row) for row in await cursor.fetchall()]
        except (Error, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + AWAY
            log.warning("no_neighbours", error=str(error).strip() or "too slow")
            raise Late from error

    def threshold(self, space: Space, feature: str) -> float | None:
        return self._thresholds.get((space.id, feature))

    def keep(self, space: Space, asked: Asked, call: Call, ttl: float) -> None:
        self._hashed.keep(asked, call, ttl)
        vector = self._embedder.remembered(space, asked.question)
        if vector is None or len(self._entries) >= MOST_UNSAVED:
            return  # a worker embeds it in a while, since the hashed store has the question
        self._entries[space.id, asked.key] = {
            "space": space.id,
            "key": asked.key.hex(),
            "partition": asked.partition.hex(),
            "question": asked.question.replace("\0", ""),
            "expires": time.time() + ttl,
            "vector": written(vector),
        }

    def checked(self, space: Space, check: Checked) -> None:
        if len(self._checks) < MOST_UNSAVED:
            self._checks.append({**check_row(check), "space": space.id})

    async def run(self) -> None:
        """Write and read, until cancelled."""
        while True:
            try:
                await self.exchange()
            except (Error, OSError) as error:
                log.warning("neighbours_alone", error=str(error).strip())
            await asyncio.sleep(self.EVERY)

    async def exchange(self) -> None:
        """Write what is new here; read thresholds."""
        entries, self._entries = self._entries, {}
        checks, self._checks = self._checks, []
        try:
            async with self._connect() as connection:
                if entries:
                    await connection.execute(KEEP, (orjson.dumps(list(entries.values())).decode(),))
                if checks:
                    await connection.execute(CHECKED, (orjson.dumps(checks).decode(),))
                cursor = await connection.execute(THRESHOLDS)
                rows = await cursor.fetchall()
        except (OperationalError, OSError):
            self._entries = {**entries, **self._entries}
            self._checks = [*checks, *self._checks]
            raise
        self._thresholds = {(space, feature): at for space, feature, at in rows if at is not None}


class _Bound:
    """The port `Neighbours` for one call: in the space that its picture names, paid for by it."""

    def __init__(self, store: SpacedNeighbours, call: Call, space: Space) -> None:
        self._store = store
        self._call = call
        self._space = space

    def threshold(self, feature: str) -> float | None:
        return self._store.threshold(self._space, feature)

    async def near(self, partition: bytes, question: str) -> Sequence[Neighbour]:
        return await self._store.near(self._call, self._space, partition, question)

    def keep(self, asked: Asked, call: Call, ttl: float) -> None:
        self._store.keep(self._space, asked, call, ttl)

    def checked(self, check: Checked) -> None:
        self._store.checked(self._space, check)


def written(vector: Vector | Sequence[float]) -> str:
    """As pgvector reads it."""
    return "[" + ",".join(f"{value:.5g}" for value in vector) + "]"
