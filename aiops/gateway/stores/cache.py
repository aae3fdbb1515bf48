"""The port `Cache`: answers in memory, shared between processes through Postgres."""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import orjson
import structlog
from psycopg import AsyncConnection, OperationalError

from aiops.gateway.messages import Call, Passage, Reply
from aiops.gateway.ports import Cached
from aiops.gateway.stores.pool import Connect

LATE = timedelta(seconds=2)  # by which a row may be committed after the time that it states
SWEEP_EVERY = 60.0  # seconds
SWEPT = 2_000  # entries that go at once: the rest of an exchange waits for them
PART = 250  # entries that are written or read at once
log = structlog.get_logger(__name__)


class SharedCache:
    """The port `Cache`: in memory, shared through Postgres. No call waits for the database.

    What this process keeps is written in the background, and what others kept is read every two seconds.
    """

    MOST = 20_000
    EVERY = 2.0  # seconds

    def __init__(self, connect: Connect, most: int = MOST) -> None:
        self._connect = connect
        self._most = most
        self._known: OrderedDict[bytes, tuple[float, float, Reply]] = OrderedDict()  # at, expires, reply
        self._unsaved: dict[bytes, tuple[str, str, Reply, float]] = {}  # tenant, feature, reply, expires
        self._writer = secrets.token_hex(8)
        self._sweep_at = 0.0
        self._read_to: datetime | None = None  # None: nothing has been read

    async def find(self, key: bytes) -> Cached | None:
        known = self._known.get(key)
        if known is None:
            return None
        at, expires, reply = known
        if time.time() >= expires:
            del self._known[key]
            return None
        self._known.move_to_end(key)
        return Cached(reply, max(0.0, time.time() - at))

    async def keep(self, key: bytes, call: Call, reply: Reply, ttl: float) -> None:
        now = time.time()
        self._remember(key, now, now + ttl, reply)
        tenant = "" if call.feature.policy.cache.shared else call.tenant
        self._unsaved[key] = (tenant, call.feature.slug, reply, now + ttl)

    def forget(self, keys: Sequence[bytes]) -> None:
        """Somebody removed these answers."""
        for key in keys:
            self._known.pop(key, None)
            self._unsaved.pop(key, None)

    async def run(self) -> None:
        """Write and read, until cancelled."""
        while True:
            try:
                await self.exchange()
            except (OperationalError, OSError) as error:
                log.warning("cache_alone", error=str(error).strip())
            await asyncio.sleep(self.EVERY)

    async def exchange(self) -> None:
        """Write what is new here, read what is new elsewhere."""
        async with self._connect() as connection:
            await self._write(connection)
            await self._read(connection)
            if time.monotonic() >= self._sweep_at:
                swept = await connection.execute(_SWEEP, (SWEPT,))
                if swept.rowcount < SWEPT:
                    self._sweep_at = time.monotonic() + SWEEP_EVERY

    async def _write(self, connection: AsyncConnection[Any]) -> None:
        """In parts: while one is put together no call goes on."""
        while self._unsaved:
            part = dict(islice(self._unsaved.items(), PART))
            rows = orjson.dumps([_row(key, *kept) for key, kept in part.items()]).decode()
            await connection.execute(_KEEP, {"rows": rows, "writer": self._writer})
            for key, kept in part.items():
                if self._unsaved.get(key) is kept:  # else it was kept anew meanwhile
                    del self._unsaved[key]

    async def _read(self, connection: AsyncConnection[Any]) -> None:
        if self._read_to is None:
            row = await (await connection.execute(_FIRST, {"most": self._most})).fetchone()
            self._read_to = row[0] if row else datetime.fromtimestamp(0, UTC)
        at, key, more = self._read_to, b"", True
        while more:
            asked = {"at": at, "key": key, "part": PART, "writer": self._writer}
            news = await (await connection.execute(_NEWS, asked)).fetchall()
            for row in news:
                self._learn(*row)
            more = len(news) == PART
            if news:
                key, at = news[-1][:2]
        self._read_to = max(self._read_to, at - LATE)

    def _learn(self, key: bytes, at: datetime, expires: datetime, *answer: Any) -> None:
        text, structured, model, passages = answer
        if key not in self._known:
            told = tuple(Passage(**one) for one in passages)
            reply = Reply("answered", text, structured, model, passages=told)
            self._remember(key, at.timestamp(), expires.timestamp(), reply)

    def _remember(self, key: bytes, at: float, expires: float, reply: Reply) -> None:
        self._known[key] = (at, expires, reply)
        self._known.move_to_end(key)
        if len(self._known) > self._most:
            self._known.popitem(last=False)


_KEEP = """
INSERT INTO gateway_cacheentry
  (key, tenant, feature, text, structured, model, passages, at, expires_at, writer)
SELECT decode(r.key, 'hex'), r.tenant, r.feature, r.text, r.structured, r.model, r.passages,
  clock_timestamp(), to_timestamp(r.expires), %(writer)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(
  key text, tenant text, feature text, text text, structured jsonb, model text, passages jsonb,
  expires float8)
ON CONFLICT (key) DO UPDATE SET text = excluded.text, structured = excluded.structured,
  model = excluded.model, passages = excluded.passages, at = excluded.at, expires_at = excluded.expires_at,
  writer = excluded.writer
"""
_SWEEP = """
DELETE FROM gateway_cacheentry WHERE key IN (
  SELECT key FROM gateway_cacheentry WHERE expires_at <= clock_timestamp()
  ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED
)
"""
_FIRST = "SELECT at FROM gateway_cacheentry ORDER BY at DESC OFFSET %(most)s LIMIT 1"
_NEWS = """
SELECT key, at, expires_at, text, structured, model, passages FROM gateway_cacheentry
WHERE (at, key) > (%(at)s, %(key)s) AND writer <> %(writer)s AND expires_at > clock_timestamp()
ORDER BY at, key LIMIT %(part)s
"""


def _row(key: bytes, tenant: str, feature: str, reply: Reply, expires: float) -> dict[str, Any]:
    return {
        "key": key.hex(),
        "tenant": tenant,
        "feature": feature,
        "text": reply.text,
        "structured": reply.structured,
        "model": reply.model,
        "passages": reply.passages,
        "expires": expires,
    }
