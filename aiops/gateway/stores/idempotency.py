"""The port `Idempotency`: keys in Postgres, for all processes; in this process alone while it is away."""

import asyncio
import time
from collections import OrderedDict
from typing import Any

import orjson
import structlog
from psycopg import OperationalError

from aiops.gateway.once import Claim, Once, Written
from aiops.gateway.stores.pool import Connect

log = structlog.get_logger(__name__)

KEPT = 24 * 3600.0  # seconds
PATIENCE = 1.0  # seconds that a call waits for the database
LEFT_ALONE = 2.0  # seconds in which a database that did not answer is not asked
LONG_OVER = 30.0  # seconds after its deadline a call without an answer counts as dead
SWEEP = 3600.0
MOST = 10_000


class StoredIdempotency:
    """One INSERT decides whose a key is. `shared` False: only this process knows its keys."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._here: OrderedDict[tuple[str, str, str], tuple[Once, Written | None, float]] = OrderedDict()
        self._away_until = 0.0
        self.shared = True

    async def claim(self, asked: Once) -> Claim:
        if known := self._known(asked):
            return known
        self._note(asked, None)  # before the database is asked, so that this process asks once
        try:
            claim = await self._claimed(asked)
        except BaseException:
            self._here.pop(asked.scope, None)
            raise
        if claim.state != "mine":
            self._here.pop(asked.scope, None)
        return claim

    async def keep(self, asked: Once, written: Written) -> None:
        self._note(asked, written)
        answer = {
            "status": written.status,
            "headers": orjson.dumps(dict(written.headers)).decode(),
            "body": written.body,
        }
        if await self._asked(_KEEP, {**_row(asked), **answer}) is not None:
            self._here.pop(asked.scope, None)

    async def free(self, asked: Once) -> None:
        self._here.pop(asked.scope, None)
        await self._asked(_FREE, _row(asked))

    async def run(self) -> None:
        """Remove what nobody can ask for any more, now and then, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP)
            await self._asked(_SWEEP, {})

    def _known(self, asked: Once) -> Claim | None:
        first, written, until = self._here.get(asked.scope, (asked, None, 0.0))
        if until <= time.monotonic():
            return None
        return Claim("answered" if written else "running", first.digest, written)

    def _note(self, asked: Once, written: Written | None) -> None:
        self._here[asked.scope] = (asked, written, time.monotonic() + KEPT)
        if len(self._here) > MOST:
            self._here.popitem(last=False)

    async def _claimed(self, asked: Once) -> Claim:
        lasts = max(0.0, asked.deadline - asyncio.get_running_loop().time()) + LONG_OVER
        rows = await self._asked(_CLAIM, {**_row(asked), "lasts": lasts})
        while rows == []:  # it lost to one that committed after it began: what it could see is older
            rows = await self._asked(_CLAIM, {**_row(asked), "lasts": lasts})
        if rows is None:
            return Claim("mine", asked.digest)
        call, digest, status, headers, body = rows[0]
        if call == asked.call:
            return Claim("mine", asked.digest)
        if body is None:
            return Claim("running", bytes(digest))
        return Claim("answered", bytes(digest), Written(status, headers, bytes(body)))

    async def _asked(self, statement: str, row: dict[str, Any]) -> list[tuple[Any, ...]] | None:
        """The statement's rows; None while the database is away."""
        if time.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(PATIENCE), self._connect() as connection:
                cursor = await connection.execute(statement.encode(), row)
                rows = await cursor.fetchall() if cursor.description else []
        except (OperationalError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + LEFT_ALONE
            self.shared = False
            log.warning("idempotency_local", error=str(error).strip())
            return None
        self.shared = True
        return rows


_CLAIM = """
WITH claimed AS (
  INSERT INTO gateway_idempotency AS known (tenant, feature, key, call, digest, free_at, expires_at)
  VALUES (%(tenant)s, %(feature)s, %(key)s, %(call)s, %(digest)s,
    clock_timestamp() + make_interval(secs => %(lasts)s), clock_timestamp() + interval '24 hours')
  ON CONFLICT (tenant, feature, key) DO UPDATE SET call = excluded.call, digest = excluded.digest,
    free_at = excluded.free_at, expires_at = excluded.expires_at, status = NULL, headers = NULL, body = NULL
  WHERE known.expires_at <= clock_timestamp() OR (known.body IS NULL AND known.free_at <= clock_timestamp())
  RETURNING call, digest, status, headers, body
)
SELECT call, digest, status, headers, body FROM claimed
UNION ALL
SELECT call, digest, status, headers, body FROM gateway_idempotency
WHERE (tenant, feature, key) = (%(tenant)s, %(feature)s, %(key)s) AND NOT EXISTS (SELECT FROM claimed)
"""
_KEEP = """
INSERT INTO gateway_idempotency AS known
  (tenant, feature, key, call, digest, free_at, expires_at, status, headers, body)
VALUES (%(tenant)s, %(feature)s, %(key)s, %(call)s, %(digest)s, clock_timestamp(),
  clock_timestamp() + interval '24 hours', %(status)s, %(headers)s::jsonb, %(body)s)
ON CONFLICT (tenant, feature, key) DO UPDATE
  SET status = excluded.status, headers = excluded.headers, body = excluded.body
  WHERE known.call = excluded.call
"""
_FREE = """
DELETE FROM gateway_idempotency
WHERE (tenant, feature, key, call) = (%(tenant)s, %(feature)s, %(key)s, %(call)s) AND body IS NULL
"""
_SWEEP = "DELETE FROM gateway_idempotency WHERE expires_at <= clock_timestamp()"


def _row(asked: Once) -> dict[str, Any]:
    return {
        "tenant": asked.tenant,
        "feature": asked.feature,
        "key": asked.key,
        "call": asked.call,
        "digest": asked.digest,
    }
