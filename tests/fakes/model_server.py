"""A model server over real sockets, with faults on demand: OpenAI's and Anthropic's shapes on one port.

In a test, in a thread:

    with ModelServer(answer=fixed("hello")) as server:
        server.script("429:0.1", "500")        # the next two requests fail, then all is well again
        ... server.base_url ...                # "http://127.0.0.1:40123/v1"
        server.requests                        # what arrived, newest last

As a process of its own, for benchmarks and journeys (the first line printed is its base URL):

    python -m tests.fakes.model_server --port 0 --latency 0.05 --answer label:refund,billing

Faults:
    408 409 429 500 503 … or 429:2     that status, with `Retry-After: 2` where given (seconds or a date)
    400:json, 500:long                 with an error body in the vendor's shape; with a body of 1 MB
    reset                              the connection is reset before any answer
    stall                              no answer at all
    late:0.5                           a right answer, this much later
    html, truncated, empty, list, null a 200 whose body is a web page, cut JSON, nothing, a list, null content
    body:JSON                          a 200 with this body
    gzip                               a 200 whose body is compressed
    newer-limit, no-credit, final      OpenAI's 400 for max_tokens, its 429 for an empty account, a 500 with
                                       `x-should-retry: false`
    huge                               a 200 whose body never ends
    redirect:URL                       a 307
    usage:none, usage:wrong, usage:negative, usage:cached, usage:reasoning
    drip:0.05                          streams with this pause after each piece
    cut                                streams a few pieces, then the connection is reset
    end-early, event:JSON              streams a few pieces, then ends; streams this event alone
    stream-error                       streams a piece, then an error event

It speaks HTTP/1.1 by hand on asyncio's protocols, without pipelining: a benchmark is to measure its subject
and not this.
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from tests.fakes import answers
from tests.fakes.answers import Answer

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_REASONS = {
    200: "OK",
    307: "Temporary Redirect",
    400: "Bad Request",
    404: "Not Found",
    429: "Too Many Requests",
}
_USAGE: dict[str, Any] = {
    "none": None,
    "wrong": {"prompt_tokens": "many", "completion_tokens": None, "input_tokens": [], "output_tokens": {}},
    "negative": {"prompt_tokens": -5, "completion_tokens": -1, "input_tokens": -5, "output_tokens": -1},
    "cached": {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 64},
        "input_tokens": 36,
        "output_tokens": 20,
        "cache_read_input_tokens": 64,
        "cache_creation_input_tokens": 8,
    },
    "reasoning": {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "completion_tokens_details": {"reasoning_tokens": 30},
        "input_tokens": 100,
        "output_tokens": 50,
    },
}


_STREAMED = ("usage", "drip", "cut", "stream-error", "late", "end-early", "event")


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class ModelServer:
    """Listens on 127.0.0.1. As a context manager it runs in a thread of its own and knows its `base_url`."""

    def __init__(
        self,
        *,
        answer: Answer = answers.echo,
        latency: float = 0.0,
        models: tuple[str, ...] = ("fake-small", "fake-large"),
        keep: int = 1000,
    ) -> None:
        self.answer = answer
        self.latency = latency
        self.models = models
        self.requests: deque[Seen] = deque(maxlen=keep)
        self.calls = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.most_open = 0
        self.always = ""
        self.every = 0
        self.port = 0
        self._faults: deque[str] = deque()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def script(self, *faults: str) -> None:
        """The next requests meet `faults`, one each; "" is none."""
        self._faults.extend(faults)

    def clear_script(self) -> None:
        self._faults.clear()

    def next_fault(self) -> str:
        if self._faults:
            return self._faults.popleft()
        if self.every and self.calls % self.every:
            return ""
        return self.always

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_exc: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        self._loop.run_until_complete(self.listen(0))
        self._ready.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._server.close()
        for connection in list(self._open):
            connection.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def listen(self, port: int) -> None:
        """Start to listen on `port`; 0 takes a free one."""
        self._open: set[asyncio.Transport] = set()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self, loop), "127.0.0.1", port, backlog=2048
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def opened(self, transport: asyncio.Transport) -> None:
        self._open.add(transport)
        self.most_open = max(self.most_open, len(self._open))

    def closed(self, transport: asyncio.Transport) -> None:
        self._open.discard(transport)


class _Connection(asyncio.Protocol):
    """One client's connection: requests one after another."""

    def __init__(self, server: ModelServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop
        self._buffer = bytearray()
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # a TCP server's is one
        self._server.opened(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.closed(self._transport)
        for task in self._tasks:
            task.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._buffer.startswith(b"\x16"):  # a TLS client: answered in plain words, as nginx does
            self.send(400, b"plain HTTP only")
            self._transport.close()
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self._buffer, 0, end)
            total = end + 4 + (int(found[1]) if found else 0)
            if len(self._buffer) < total:
                return
            head, body = bytes(self._buffer[:end]), bytes(self._buffer[end + 4 : total])
            del self._buffer[:total]
            self._request(head, body)

    def _request(self, head: bytes, body: bytes) -> None:
        server = self._server
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        if method == "GET":
            self._get(method, path, head)
            return
        try:
            seen = Seen(method, path, _headers(head), json.loads(body))
        except ValueError:
            self.send(400, b'{"error": {"message": "not JSON", "type": "invalid_request_error"}}')
            return
        server.requests.append(seen)
        server.calls += 1
        server.in_flight += 1
        server.most_in_flight = max(server.most_in_flight, server.in_flight)
        fault = server.next_fault()
        kind, _, value = fault.partition(":")
        delay = server.latency + (float(value) if kind == "late" else 0)
        if delay:
            self._loop.call_later(delay, self._answer, seen, fault)
        else:
            self._answer(seen, fault)

    def _get(self, method: str, path: str, head: bytes) -> None:
        self._server.requests.append(Seen(method, path, _headers(head), {}))
        fault = self._server.next_fault()
        if fault and not path.endswith("/healthz"):
            _fail(self, fault, {})
            return
        rows = [{"id": name, "object": "model", "type": "model"} for name in self._server.models]
        self.send(200, json.dumps({"object": "list", "data": rows}).encode())

    def _answer(self, seen: Seen, fault: str) -> None:
        self._server.in_flight -= 1
        if fault and not fault.startswith(_STREAMED):
            _fail(self, fault, seen.body)
            return
        if seen.path.split("?")[0].endswith("/embeddings"):
            self.send(200, json.dumps(answers.openai_vectors(seen.body)).encode())
            return
        text = self._server.answer(seen.body)
        anthropic = seen.path.split("?")[0].endswith("/messages")
        if seen.body.get("stream"):
            make = answers.anthropic_stream if anthropic else answers.openai_stream
            task = self._loop.create_task(self._stream(make(seen.body, text), fault))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        shaped = (answers.anthropic_body if anthropic else answers.openai_body)(seen.body, text)
        if fault.startswith("usage"):
            shaped["usage"] = _USAGE[fault.partition(":")[2]]
        self.send(200, json.dumps(shaped).encode())

    async def _stream(self, pieces: Iterable[bytes], fault: str) -> None:
        kind, _, value = fault.partition(":")
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        for piece in _broken(pieces, kind, value):
            if piece is None:
                self.reset()
                return
            self._transport.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await asyncio.sleep(float(value) if kind == "drip" else 0)
        self._transport.write(b"0\r\n\r\n")

    def send(self, status: int, body: bytes, content_type: str = "application/json", *extra: str) -> None:
        reason = _REASONS.get(status, "Status")
        lines = [
            f"HTTP/1.1 {status} {reason}",
            f"content-type: {content_type}",
            f"content-length: {len(body)}",
            *extra,
        ]
        self._transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def send_endless(self) -> None:
        """Text for ever, as fast as the client reads it."""
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        task = self._loop.create_task(self._flood())
        self._tasks.add(task)

    async def _flood(self) -> None:
        block = b'{"a": "' + b"x" * 65_000
        while not self._transport.is_closing():
            self._transport.write(b"%x\r\n%s\r\n" % (len(block), block))
            await asyncio.sleep(0)

    def reset(self) -> None:
        """Close with RST, as a crashed server's kernel does."""
        raw: socket.socket = self._transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


def _broken(pieces: Iterable[bytes], kind: str, value: str) -> Iterator[bytes | None]:
    """The pieces of a stream as fault `kind` leaves them; None resets the connection."""
    if kind == "event":
        yield f"data: {value}\n\n".encode()
        return
    for number, piece in enumerate(pieces):
        if kind == "end-early" and number == 3:
            return
        if kind == "cut" and number == 3:
            yield None
        if kind == "stream-error" and number == 2:
            error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
            yield b"event: error\ndata: " + json.dumps(error).encode() + b"\n\n"
            return
        yield piece


def _fail(connection: _Connection, fault: str, request: dict[str, Any]) -> None:
    kind, _, value = fault.partition(":")
    if kind.isdigit():
        _fail_with_status(connection, int(kind), value)
    elif kind == "reset":
        connection.reset()
    elif kind == "redirect":
        connection.send(307, b"", "text/plain", f"location: {value}")
    elif kind == "huge":
        connection.send_endless()
    elif kind in _COMPLAINTS:
        status, error, extra = _COMPLAINTS[kind]
        connection.send(status, json.dumps({"error": error}).encode(), "application/json", *extra)
    elif kind != "stall":
        _answer_badly(connection, kind, value.encode(), request)


_COMPLAINTS: dict[str, tuple[int, dict[str, str], tuple[str, ...]]] = {
    "newer-limit": (
        400,
        {
            "message": "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "param": "max_tokens",
            "code": "unsupported_parameter",
        },
        (),
    ),
    "no-credit": (429, {"message": "You exceeded your current quota", "code": "insufficient_quota"}, ()),
    "final": (500, {"message": "never again"}, ("x-should-retry: false",)),
}


def _answer_badly(connection: _Connection, kind: str, value: bytes, request: dict[str, Any]) -> None:
    body = answers.openai_body({"model": "m", "messages": [], **request}, "some text")
    whole = json.dumps(body).encode()
    bodies = {
        "html": b"<!doctype html><title>Sign in</title><p>Corporate proxy",
        "truncated": whole[: len(whole) // 2],
        "empty": b"",
        "list": b"[1, 2]",
        "null": whole.replace(b'"some text"', b"null"),
        "body": value,
        "gzip": gzip.compress(whole),
    }
    extra = ["content-encoding: gzip"] if kind == "gzip" else []
    connection.send(200, bodies[kind], "text/html" if kind == "html" else "application/json", *extra)


def _fail_with_status(connection: _Connection, status: int, value: str) -> None:
    message = "x" * 1_000_000 if value == "long" else f"fault {status} on demand"
    body = json.dumps({"error": {"message": message, "type": "fake_error", "code": None}}).encode()
    extra = [f"retry-after: {value}"] if value not in {"", "json", "long"} else []
    connection.send(status, body, "application/json", *extra)


def _headers(head: bytes) -> dict[str, str]:
    pairs = (line.partition(": ") for line in head.decode("latin-1").split("\r\n")[1:])
    return {name.lower(): value for name, _, value in pairs}


def main(arguments: list[str] | None = None) -> None:
    """Serve until interrupted. The first line printed is the base URL."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument(
        "--answer", default="echo", help="echo, fixed:TEXT, label:a,b,c, expected:FILE[:EVERY]"
    )
    parser.add_argument("--fault", default="", help="a fault that requests meet")
    parser.add_argument("--every", type=int, default=1, help="only each n-th request meets it")
    options = parser.parse_args(arguments)
    server = ModelServer(answer=answers.parse_answer(options.answer), latency=options.latency, keep=10)
    server.always, server.every = options.fault, options.every
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(server, options.port))


async def _serve(server: ModelServer, port: int) -> None:
    await server.listen(port)
    print(server.base_url, flush=True)  # noqa: T201 - whoever started this reads the address here
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
