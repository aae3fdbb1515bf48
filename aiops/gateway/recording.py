"""The spool's way into Postgres: batches while the gateway runs, and what dead processes left behind.

Lines are "call" (a record), "feedback" on one, "hold" (money promised to an attempt, before the vendor is
asked) and "free" (a hold that no attempt needed). A hold without a result counts at its worst case once its
process is dead.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import structlog
from psycopg import AsyncConnection

from aiops.gateway import remarks, storing
from aiops.gateway.spool import Place, Spool, abandoned

log = structlog.get_logger(__name__)
Bury = Callable[[AsyncConnection[Any], str], Awaitable[None]]  # the process of that name is dead, all stored

BATCH = 400  # lines: while they are read and added up no call goes on
EVERY = 0.2  # seconds
PAUSE = 2.0  # seconds, while Postgres is away
TAKE_OVER_EVERY = 5.0  # seconds
Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection[Any]]]


class SpoolRecorder:
    """The port `Recorder` on a spool, and the task that empties it."""

    def __init__(
        self, spool: Spool, connect: Connect, settle: storing.Settle, bury: Bury | None = None
    ) -> None:
        self.spool = spool
        self._bury = bury
        self._drain = Drain(spool, connect, settle)
        self._connect = connect
        self._settle = settle
        self.storing = True  # False while Postgres is away

    def write(self, record: Mapping[str, Any]) -> None:
        self.spool.write("call", record)

    def feedback(self, remark: Mapping[str, Any]) -> None:
        self.spool.write("feedback", remark)

    def journal(self, hold: str, call: Mapping[str, Any]) -> None:
        """Note a hold. `call` has the id, tenant, feature, model, worst case and leases."""
        self.spool.write("hold", {"hold": hold, **call})

    def freed(self, hold: str) -> None:
        self.spool.write("free", {"hold": hold})

    async def run(self) -> None:
        """Until cancelled: batch after batch, and now and then what dead processes left behind."""
        looked = -math.inf
        while True:
            if time.monotonic() - looked > TAKE_OVER_EVERY:
                looked = time.monotonic()
                await self._take_over()
            await self._pass()
            await asyncio.sleep(EVERY if self.storing else PAUSE)

    async def finish(self, seconds: float) -> None:
        """Store what is left, as far as `seconds` allow; the rest waits in the spool for the next process."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._pass()
        if not self.spool.count and not self._drain.open_holds:
            self.spool.remove()
        else:
            self.spool.close()

    async def _pass(self) -> None:
        try:
            while await self._drain.step():
                self.storing = True
            self.storing = True
        except Exception as error:  # noqa: BLE001 - whatever it is: records that wait are tried again
            if self.storing:
                log.warning("records_wait", spool=str(self.spool.folder), error=repr(error))
            self.storing = False

    async def _take_over(self) -> None:
        try:
            root, own = self.spool.folder.parent, self.spool.folder
            await replay(root, self._connect, self._settle, own=own, bury=self._bury)
        except Exception as error:  # noqa: BLE001 - as above
            log.warning("spools_wait", error=repr(error))


class Drain:
    """Reads one spool. `open_holds` have no result yet, each with the place before its line."""

    def __init__(self, spool: Spool, connect: Connect, settle: storing.Settle) -> None:
        self._spool = spool
        self._connect = connect
        self._settle = settle
        self.open_holds: dict[str, tuple[Place, Mapping[str, Any]]] = {}

    async def step(self) -> bool:
        """Store one batch; False where there was nothing."""
        batch = list(self._spool.lines(BATCH))
        if not batch:
            return False
        async with self._connect() as connection:
            said = [line async for line in self._records(connection, batch)]
            calls = [line for line in said if line["t"] == "call"]
            await storing.store(connection, calls, self._settle)
            await remarks.store(connection, [line for line in said if line["t"] == "feedback"])
        keep = min((place for place, _ in self.open_holds.values()), default=None)
        self._spool.done(batch[-1][1], len(batch), keep)
        return True

    async def _records(
        self, connection: AsyncConnection[Any], batch: list[tuple[bytes, Place]]
    ) -> AsyncIterator[Mapping[str, Any]]:
        before = self._spool.read_to
        for line, place in batch:
            try:
                said = orjson.loads(line)
                kind = said["t"]
                self._note(kind, said, before)
            except (ValueError, KeyError, TypeError) as error:
                await storing.quarantine(connection, line, f"no record: {error}")
            else:
                if kind in {"call", "feedback"}:
                    yield said
            before = place

    def _note(self, kind: str, said: Mapping[str, Any], before: Place) -> None:
        if kind == "hold":
            self.open_holds[said["hold"]] = (before, said)
        elif kind == "free":
            self.open_holds.pop(said["hold"], None)
        elif kind == "call":
            for attempt in said["attempts"]:
                self.open_holds.pop(attempt["hold"], None)


async def replay(
    root: Path,
    connect: Connect,
    settle: storing.Settle,
    *,
    own: Path | None = None,
    bury: Bury | None = None,
) -> int:
    """Store what dead processes of this host left behind, and remove their folders; return how many."""
    count = 0
    for spool in abandoned(root, own):
        drain = Drain(spool, connect, settle)
        try:
            while await drain.step():
                pass
            lost = _lost([said for _, said in drain.open_holds.values()])
            async with connect() as connection:
                await storing.store(connection, lost, settle)
                if bury is not None:
                    await bury(connection, spool.folder.name)
        except BaseException:
            spool.close()
            raise
        spool.remove()
        count += 1
    return count


def _lost(holds: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The records of calls whose process died with a vendor under way: they may have been billed."""
    records: dict[str, dict[str, Any]] = {}
    for said in holds:
        record = records.setdefault(said["id"], _without_result(said))
        record["attempts"].append(_attempt(said))
        total = str(sum(Decimal(attempt["worst"]) for attempt in record["attempts"]))
        record["cost"] = record["unaccounted"] = total
    return list(records.values())


def _attempt(said: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: said[name] for name in ("model", "provider", "worst", "leases", "hold")}
    return {**known, "cost": None, "begun_ms": 0.0, "latency_ms": 0.0, "error": "The gateway's process died."}


def _without_result(said: Mapping[str, Any]) -> dict[str, Any]:
    empty = ("key", "user", "locale", "served_by", "approach", "approach_name", "ticket", "finish_reason")
    return {
        **dict.fromkeys(empty, ""),
        **{name: said[name] for name in ("id", "at", "tenant", "feature", "model", "provider")},
        "category": "unknown",
        "outcome": "refused",
        "reason": "lost",
        "cache": "off",
        "arm": "stable",
        "version_id": None,
        "version_number": None,
        "tokens": dict.fromkeys(("input", "cached_input", "cache_write", "output", "reasoning"), 0),
        "latency_ms": 0.0,
        "overhead_ms": 0.0,
        "stream": False,
        "attempts": [],
        "spans": [],
        "checks": [],
        "revision": 0,
        "metadata": {},
        "error": "The gateway's process died while the model was answering.",
    }
