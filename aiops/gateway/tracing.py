"""OTLP traces, where OTEL_EXPORTER_OTLP_ENDPOINT is set: made of a call's record once it is written.

A call costs the copy of a few of its record's fields, never of its texts. What waits to be exported is
bounded, sent once a second by a thread, and dropped where it is more than that or nobody takes it. Off, none
of this is there, and OpenTelemetry is not imported.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, NamedTuple

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from aiops import env
from aiops.gateway.ports import Recorder

VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT"
MOST = 500  # calls that wait: so many a second are traced at most
EVERY = 1.0  # seconds
LAST = 3.0  # seconds for what waits at the end
# No inputs, messages, passages or output, and no error's words, which may quote them.
FIELDS = (
    *("id", "at", "tenant", "feature", "locale", "category", "outcome", "reason", "served_by", "cache"),
    *("approach", "approach_name", "version_number", "arm", "model", "finish_reason", "cost", "latency_ms"),
    *("overhead_ms", "stream", "spans", "attempts", "revision", "ticket"),
)
_INCOMING: ContextVar[tuple[str, str]] = ContextVar("traceparent", default=("", ""))

log = structlog.get_logger(__name__)


class Finished(NamedTuple):
    """A call's facts, and its caller's `traceparent` and `tracestate`."""

    facts: Mapping[str, Any]
    traceparent: str = ""
    tracestate: str = ""


Export = Callable[[Sequence[Finished]], bool]


def endpoint() -> str:
    """Where traces go, "" for nowhere."""
    return env.url(VARIABLE, frozenset({"http", "https"}))


def traced(recorder: Recorder, instance: str) -> Recorder:
    """`recorder`, and what it writes as traces too, where they go anywhere."""
    if not (address := endpoint()):
        return recorder
    from aiops.gateway.spans import Exporter  # noqa: PLC0415 - OpenTelemetry takes a while to import

    return TracedRecorder(recorder, Exporter(address, instance).export)


def carried(app: ASGIApp) -> ASGIApp:
    """`app`, told of its callers' traces where ours go anywhere."""
    return carrying(app) if endpoint() else app


def carrying(app: ASGIApp) -> ASGIApp:
    """`app`, with the caller's trace in each request's own context."""

    async def carry(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            found = {name: value for name, value in scope["headers"] if name in _NAMES}
            _INCOMING.set((_text(found, b"traceparent"), _text(found, b"tracestate")))
        await app(scope, receive, send)

    return carry


_NAMES = frozenset({b"traceparent", b"tracestate"})


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


class TracedRecorder:
    """The port `Recorder`: what is written is exported too, later and beside it."""

    def __init__(self, recorder: Recorder, export: Export) -> None:
        self._recorder = recorder
        self._export = export
        self._waiting: deque[Finished] = deque()
        self._dropped = 0

    def write(self, record: Mapping[str, Any]) -> None:
        self._recorder.write(record)
        if len(self._waiting) < MOST:
            self._waiting.append(Finished({name: record[name] for name in FIELDS}, *_INCOMING.get()))
        else:
            self._dropped += 1

    def feedback(self, remark: Mapping[str, Any]) -> None:
        self._recorder.feedback(remark)

    async def run(self) -> None:
        """Until cancelled; then what waits is sent, if that is quick."""
        try:
            while True:
                await asyncio.sleep(EVERY)
                await self.send()
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.send(), LAST)

    async def send(self) -> None:
        """What waits, in a thread. A collector that is away loses it: a trace is no record."""
        batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
        dropped, self._dropped = self._dropped, 0
        if dropped:
            log.warning("traces_dropped", calls=dropped, most_a_second=MOST)
        if batch and not await asyncio.to_thread(self._export, batch):
            log.warning("traces_not_taken", calls=len(batch))


def running(recorder: Recorder) -> tuple[TracedRecorder, ...]:
    """What of `traced(…)` has to be run."""
    return (recorder,) if isinstance(recorder, TracedRecorder) else ()
