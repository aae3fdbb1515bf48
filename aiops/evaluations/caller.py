"""The asynchronous half of a worker: a thread with an event loop that keeps N calls to a provider going.

Jobs go in, outcomes come out of a queue; no database, no scoring, so that nothing holds the calls up.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Self

from aiops.core.money import ZERO
from aiops.evaluations.judging import Question
from aiops.evaluations.work import Item
from aiops.providers.protocol import ChatProvider, ChatReply, ChatRequest

GATHER = 0.01  # seconds


@dataclass(frozen=True, slots=True)
class Job:
    """One call to make. `worst` USD is the most that it can cost, `reserve` what its judges may cost on top.

    With a `question` it is a judge that is asked, about the item's answer.
    """

    item: Item
    request: ChatRequest
    worst: Decimal
    provider: int = 0  # the id of whom it is for
    reserve: Decimal = ZERO
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended: with a reply, or with the error that it got instead. `latency_ms` includes retries."""

    job: Job
    reply: ChatReply | None
    error: Exception | None
    latency_ms: float


def gathered(source: queue.SimpleQueue[Outcome], seconds: float) -> list[Outcome]:
    """All outcomes in `source`, after waiting up to `seconds` for a first one.

    A moment more gathers those that come together: waking up for each of them costs more than it gains.
    """
    try:
        outcomes = [source.get(timeout=max(0.0, seconds))]
    except queue.Empty:
        return []
    time.sleep(GATHER)
    with suppress(queue.Empty):
        while True:
            outcomes.append(source.get_nowait())
    return outcomes


class Caller:
    """Makes calls with `slots` at once; as a context it opens the provider and gives its connections back.

    Several may put what comes of their calls into the same `outcomes`.
    """

    def __init__(
        self,
        open_provider: Callable[[], ChatProvider],
        slots: int,
        timeout: float,
        outcomes: queue.SimpleQueue[Outcome] | None = None,
    ) -> None:
        self.outcomes: queue.SimpleQueue[Outcome] = outcomes or queue.SimpleQueue()
        self._open = open_provider
        self._slots = slots
        self._timeout = timeout
        self._jobs: asyncio.Queue[Job | None] = asyncio.Queue()
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="evaluation-calls", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.drop()
            self.submit([None] * self._slots)
        elif self._loop is not None and self._main is not None:  # nobody will store what is under way
            self._loop.call_soon_threadsafe(self._main.cancel)
        self._thread.join()

    def submit(self, jobs: Sequence[Job | None]) -> None:
        """Queue `jobs`, many at a time, since each submission wakes the other thread; None ends one
        worker.
        """
        if self._loop is None:
            raise RuntimeError("The caller is not open.")
        self._loop.call_soon_threadsafe(self._queue, jobs)

    def _queue(self, jobs: Sequence[Job | None]) -> None:
        for job in jobs:
            self._jobs.put_nowait(job)

    def take(self, seconds: float) -> list[Outcome]:
        """All outcomes that are there, after waiting up to `seconds` for a first one."""
        return gathered(self.outcomes, seconds)

    def drop(self) -> list[Job]:
        """Take back the jobs that have not been started."""
        if self._loop is None:
            raise RuntimeError("The caller is not open.")
        return asyncio.run_coroutine_threadsafe(self._drain(), self._loop).result()

    async def _drain(self) -> list[Job]:
        dropped = []
        while not self._jobs.empty():
            if (job := self._jobs.get_nowait()) is not None:
                dropped.append(job)
        return dropped

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for us
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        provider = self._open()
        self._loop, self._main = asyncio.get_running_loop(), asyncio.current_task()
        self._ready.set()
        try:
            await asyncio.gather(*(self._work(provider) for _ in range(self._slots)))
        finally:
            await provider.close()

    async def _work(self, provider: ChatProvider) -> None:
        while (job := await self._jobs.get()) is not None:
            self.outcomes.put(await self._call(provider, job))

    async def _call(self, provider: ChatProvider, job: Job) -> Outcome:
        reply, failure = None, None
        begun = time.perf_counter()
        try:
            reply = await provider.chat(job.request, timeout=self._timeout)
        except Exception as error:  # noqa: BLE001 - a case keeps its error, and stops no other
            failure = error
        latency_ms = (time.perf_counter() - begun) * 1000
        if reply is not None and reply.latency_ms is not None:
            latency_ms = reply.latency_ms
        return Outcome(job=job, reply=reply, error=failure, latency_ms=latency_ms)
