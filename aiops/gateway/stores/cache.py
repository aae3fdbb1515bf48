"""The port `Cache`: answers in memory, shared between processes through Postgres."""

import asyncio
import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import structlog
from psycopg import OperationalError

from aiops.gateway.messages import Call, Passage, Reply
from aiops.gateway.ports import Cached
from aiops.gateway.stores.pool import Connect

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
        self._unsaved: dict[bytes, tuple[Call, Reply, float]] = {}
        self._read_to = datetime.now(UTC) - timedelta(days=7)

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
        self._unsaved[key] = (call, reply, now + ttl)

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
        unsaved, self._unsaved = self._unsaved, {}
        try:
            async with self._connect() as connection:
                if unsaved:
                    rows = [_row(key, *kept) for key, kept in unsaved.items()]
                    async with connection.cursor() as cursor:
                        await cursor.executemany(_KEEP, rows)
                cursor = await connection.execute(_NEWS, {"since": self._read_to, "most": self._most})
                news = await cursor.fetchall()
        except BaseException:
            self._unsaved = {**unsaved, **self._unsaved}
            raise
        for key, at, expires, text, structured, model, passages in reversed(news):
            self._read_to = max(self._read_to, at - timedelta(seconds=5))  # others' clocks and commits
            if bytes(key) not in self._known:
                reply = Reply(
                    "answered", text, structured, model, passages=tuple(Passage(**one) for one in passages)
                )
                self._remember(bytes(key), at.timestamp(), expires.timestamp(), reply)

    def _remember(self, key: bytes, at: float, expires: float, reply: Reply) -> None:
        self._known[key] = (at, expires, reply)
        self._known.move_to_end(key)
        if len(self._known) > self._most:
            self._known.popitem(last=False)


_KEEP = """
INSERT INTO gateway_cacheentry (key, tenant, feature, text, structured, model, passages, at, expires_at)
VALUES (%(key)s, %(tenant)s, %(feature)s, %(text)s, %(structured)s::jsonb, %(model)s, %(passages)s::jsonb,
  clock_timestamp(), to_timestamp(%(expires)s))
ON CONFLICT (key) DO UPDATE SET text = excluded.text, structured = excluded.structured,
  model = excluded.model, passages = excluded.passages, at = excluded.at, expires_at = excluded.expires_at
"""
_NEWS = """
SELECT key, at, expires_at, text, structured, model, passages FROM gateway_cacheentry
WHERE at > %(since)s AND expires_at > clock_timestamp() ORDER BY at DESC LIMIT %(most)s
"""


def _row(key: bytes, call: Call, reply: Reply, expires: float) -> dict[str, Any]:
    return {
        "key": key,
        "tenant": "" if call.feature.policy.cache.shared else call.tenant,
        "feature": call.feature.slug,
        "text": reply.text,
        "structured": orjson.dumps(reply.structured).decode(),
        "model": reply.model,
        "passages": orjson.dumps(reply.passages).decode(),
        "expires": expires,
    }
