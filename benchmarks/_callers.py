"""Callers that go on whatever happens, and remember each answer: for programs that break things meanwhile."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

import orjson
import uvloop


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer; `at` is when it came, by the monotonic clock, `seconds` how long it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    at: float
    seconds: float

    @property
    def call(self) -> str:
        return self.headers.get("x-aiops-call-id", "")

    @property
    def outcome(self) -> str:
        """Such as "answered" or "degraded budget"; for an error its status and code."""
        if self.status == 200:
            reason = self.headers.get("x-aiops-fallback-reason", "")
            return " ".join(filter(None, (self.headers.get("x-aiops-outcome", "?"), reason)))
        return f"{self.status} {self.code}"

    @property
    def code(self) -> str:
        try:
            return str(orjson.loads(self.body)["error"]["code"])
        except (ValueError, KeyError, TypeError):
            return "without a code"


def request(url: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A POST of JSON, as bytes."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {urlsplit(url).path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{lines}"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


async def opened(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    place = urlsplit(url)
    return await asyncio.open_connection(place.hostname, place.port, limit=1 << 24)


async def answer(reader: asyncio.StreamReader, begun: float) -> Answer:
    """The next answer on the line, chunked or not. Raises OSError and IncompleteReadError where it ends."""
    top = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    lines = (line.split(": ", 1) for line in top[1:] if line)
    headers = {name.lower(): value for name, value in lines}
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    now = time.monotonic()
    return Answer(int(top[0].split()[1]), headers, body, now, now - begun)


async def ask(url: str, body: bytes, headers: dict[str, str], patience: float = 60) -> Answer:
    """One call on a connection of its own."""
    reader, writer = await opened(url)
    try:
        begun = time.monotonic()
        writer.write(request(url, body, headers))
        async with asyncio.timeout(patience):
            return await answer(reader, begun)
    finally:
        writer.close()


async def ask_all(url: str, bodies: Sequence[bytes], headers: dict[str, str]) -> list[Answer | None]:
    """All at once, each on a connection of its own; None where the connection broke."""

    async def one(body: bytes) -> Answer | None:
        try:
            return await ask(url, body, headers)
        except (OSError, asyncio.IncompleteReadError):
            return None

    return list(await asyncio.gather(*(one(body) for body in bodies)))


def outcomes(answers: Sequence[Answer]) -> dict[str, int]:
    return dict(Counter(one.outcome for one in answers).most_common())


@dataclass
class Callers:
    """`with Callers(url, body, headers, 16) as callers:` calls in a thread until the end; see `answers`.

    `pause` seconds lie between an answer and the next call of a connection. A connection that breaks is
    `broken`, and made again.
    """

    url: str
    body: Callable[[int], bytes]
    headers: dict[str, str]
    connections: int = 16
    pause: float = 0.0
    answers: list[Answer] = field(default_factory=list)
    broken: int = 0

    def __enter__(self) -> Self:
        self._ends = threading.Event()
        self._thread = threading.Thread(target=lambda: uvloop.run(self._run()), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """No further calls; return once those under way are answered."""
        self._ends.set()
        self._thread.join(60)

    def since(self, at: float, until: float = float("inf")) -> list[Answer]:
        """The answers that came in that time, of the monotonic clock."""
        return [one for one in self.answers if at <= one.at < until]

    async def _run(self) -> None:
        numbers = iter(range(10**9))
        await asyncio.gather(*(self._line(numbers) for _ in range(self.connections)))

    async def _line(self, numbers: Iterator[int]) -> None:
        while not self._ends.is_set():
            try:
                await self._calls(numbers)
            except (OSError, asyncio.IncompleteReadError):
                self.broken += 1
                await asyncio.sleep(0.05)

    async def _calls(self, numbers: Iterator[int]) -> None:
        """One call after another on a connection, until the end."""
        reader, writer = await opened(self.url)
        try:
            while not self._ends.is_set():
                begun = time.monotonic()
                writer.write(request(self.url, self.body(next(numbers)), self.headers))
                self.answers.append(await answer(reader, begun))
                await asyncio.sleep(self.pause)
        finally:
            writer.close()
