"""All decisions as one picture, kept fresh: told by NOTIFY, made sure by polling, kept on disk (ADR 0061).

A call reads `picture` once, and keeps what it got. A new one is painted in a thread, and swapped whole.
With the database away the last one stays: `state()` says how old it is. Stops in the stop file come on top.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import structlog
from django.db import DatabaseError, InterfaceError, connection
from pydantic import ValidationError

from aiops.core import clock
from aiops.flags import presence
from aiops.flags.presence import Process
from aiops.gateway import guardrails, listening, painting, stopfile
from aiops.gateway.painting import Painted
from aiops.gateway.picture import Picture

POLL = 2.0  # seconds between two looks at the revision, whatever is heard
GLANCE = 0.5  # seconds between two looks at the stop file
PATIENCE = 5.0  # seconds that a start waits for the database where there is a copy on disk
SWEEP = 3600.0
FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0  # seconds before a database that is away is tried again
NOTHING = -1  # the revision of no picture

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Snapshot:
    """`async with Snapshot(process, home) as snapshot:` then `snapshot.picture`, None before there is any.

    `spool_records` and `local_limits` are asked for what the process says of itself. `processes`: how many
    gateways lived when the database was last asked, 1 at least. `swapped` hears of each new picture.
    """

    def __init__(
        self,
        process: Process,
        home: Path,
        *,
        spool_records: Callable[[], int] = lambda: 0,
        local_limits: Callable[[], bool] = lambda: False,
        swapped: Callable[[Picture], object] = lambda _: None,
    ) -> None:
        self.process = process
        self.picture: Picture | None = None
        self.processes = 1
        self._copy = home / "gateway" / "picture.json"
        self._stopfile = stopfile.Watched(home)
        self._spool_records = spool_records
        self._local_limits = local_limits
        self._swapped = swapped
        self._painted: Painted | None = None  # without the stop file's stops
        self._current = 0.0  # by the monotonic clock: when the picture was last known to be the newest
        self._wait = 0.0  # seconds until the next try; 0 while the database answers
        self._said = self._swept = 0.0
        self._wake = asyncio.Event()
        self._uncopied = asyncio.Event()  # the picture is newer than its copy on disk
        self._one_at_a_time = threading.Lock()  # of those that write the copy
        self._tasks: list[asyncio.Task[None]] = []
        # One thread, so that it is always the same database connection.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="snapshot")

    async def __aenter__(self) -> Self:
        self._glance()
        kept = self._read_copy()
        if kept:
            self._take(Painted(kept))
        first = asyncio.create_task(self._refresh())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(first), PATIENCE if kept else None)
        self._tasks = [
            asyncio.create_task(self._follow(first)),
            asyncio.create_task(listening.listen(listening.address(), self._wake.set)),
            asyncio.create_task(self._watch_stopfile()),
            asyncio.create_task(self._keep_copies()),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._copy_if_newer()
        with contextlib.suppress(DatabaseError, InterfaceError, TimeoutError):
            await asyncio.wait_for(self._aside(_leave, self.process), 1)
        self._thread.shutdown(wait=False)

    @property
    def age(self) -> float:
        """Seconds since the picture was last known to be the newest; infinite without a picture."""
        if self._current:
            return time.monotonic() - self._current
        if self.picture is None:
            return float("inf")
        return max(0.0, (clock.now() - self.picture.painted_at).total_seconds())  # from the copy on disk

    def state(self) -> Mapping[str, Any]:
        """What /readyz says of the decisions; `age` in seconds, None before there are any."""
        return {
            "instance": self.process.instance,
            "revision": self.picture.revision if self.picture else None,
            "age": round(self.age, 3) if self.picture else None,
            "database": "up" if self._current and not self._wait else "down",
            "stop_file": len(self._stopfile.stops),
        }

    async def _follow(self, first: "asyncio.Task[None]") -> None:
        await first
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._wait or POLL)
            self._wake.clear()
            await self._refresh()

    async def _refresh(self) -> None:
        """Look, paint and swap where something has changed, and say that it is in force."""
        looked = time.monotonic()
        try:
            if painted := await self._aside(self._look, self._revision, self._due):
                self._take(painted)
                self._uncopied.set()
            self._current = looked
            await self._say()
            if painted:
                await self._aside(guardrails.warm, painted.picture)
        except (DatabaseError, InterfaceError) as error:
            self._wait = min(max(self._wait * 2, FIRST_WAIT), LONGEST_WAIT)
            log.warning("decisions_stale", error=str(error).strip(), age=self.age, again_in=self._wait)
        except Exception:  # a mistake of ours must not end the process's hearing
            self._wait = LONGEST_WAIT
            log.exception("painting_failed")
        else:
            self._wait = 0.0

    async def _say(self) -> None:
        act = partial(
            presence.say,
            self.process,
            self._revision,
            spool_records=self._spool_records(),
            local_limits=self._local_limits(),
            first=not self._said,
        )
        self.processes = max(1, await self._aside(act))
        self._said = time.monotonic()
        if not self._swept or self._said - self._swept > SWEEP:
            self._swept = self._said
            await self._aside(presence.sweep)

    def _look(self, known: int, due: datetime | None) -> Painted | None:
        """In the thread: the newest picture, None where the known one is."""
        try:
            if painting.revision() == known and (due is None or clock.now() < due):
                return None
            return painting.paint()
        except BaseException:
            connection.close()
            raise

    def _take(self, painted: Painted) -> None:
        self._painted = painted
        self._swap()
        self._swapped(painted.picture)

    def _swap(self) -> None:
        if self._painted:
            picture = self._painted.picture
            stops = (*picture.stops, *self._stopfile.stops)
            self.picture = picture.model_copy(update={"stops": stops})

    async def _watch_stopfile(self) -> None:
        while True:
            self._glance()
            await asyncio.sleep(GLANCE)

    def _glance(self) -> None:
        try:
            if self._stopfile.changed():
                log.warning("stop_file_changed", stops=len(self._stopfile.stops))
                self._swap()
        except stopfile.Unreadable as error:
            log.error("stop_file_unreadable", error=str(error))  # noqa: TRY400 - the error says all

    async def _keep_copies(self) -> None:
        """Beside the deciding: the next decision does not wait for a disk, and of many the last is kept."""
        while True:
            await self._uncopied.wait()
            await self._copy_if_newer()

    async def _copy_if_newer(self) -> None:
        if self._uncopied.is_set() and self._painted:
            self._uncopied.clear()
            try:
                await asyncio.to_thread(self._keep_copy, self._painted.picture)
            except asyncio.CancelledError:
                self._uncopied.set()  # the thread goes on, and nobody knows how far it comes
                raise

    def _read_copy(self) -> Picture | None:
        try:
            return Picture.model_validate_json(self._copy.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            log.warning("copy_unreadable", path=str(self._copy), error=str(error))
            return None

    def _keep_copy(self, picture: Picture) -> None:
        """A disk that is full costs the copy, not the decisions."""
        try:
            with self._one_at_a_time:
                self._copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                stopfile.replace(self._copy, picture.model_dump_json().encode())
        except OSError as error:
            log.warning("copy_not_kept", path=str(self._copy), error=str(error))

    @property
    def _revision(self) -> int:
        return self._painted.picture.revision if self._painted else NOTHING

    @property
    def _due(self) -> datetime | None:
        return self._painted.due if self._painted else None

    async def _aside(self, act: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *arguments)


def _leave(process: Process) -> None:
    try:
        presence.leave(process)
    finally:
        connection.close()
