"""uvicorn's protocol with bounds: a request's head is small and arrives in time, and errors are JSON."""

import asyncio
from http import HTTPStatus
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 32 * 1024
HEAD_SECONDS = 10.0

_SAID = {
    400: ("invalid_request_error", "This is no HTTP request."),
    408: ("request_timeout", f"The request's head did not arrive within {HEAD_SECONDS:g} s."),
    431: ("request_header_fields_too_large", f"The request's head is larger than {HEAD_BYTES // 1024} KB."),
}


class Corked:
    """A transport that sends together what is written at once: a reply's head and body in one system call."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, part: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._send)
        self._parts.append(part)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def _send(self) -> None:
        parts, self._parts = self._parts, []
        if parts and not self._transport.is_closing():
            self._transport.write(b"".join(parts))


class Bounded(HttpToolsProtocol):
    """One caller's connection."""

    _received = 0  # bytes of a head that is not whole yet
    _size = 0  # bytes of the head's parts as they are read
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(Corked(transport, self.loop))  # type: ignore[arg-type]  # all that it is asked for
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._patience is not None:
            self._received += len(data)
        super().data_received(data)
        waits = self._patience is not None and not self.transport.is_closing()
        if waits and self._received > HEAD_BYTES + 1:
            self._refuse(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._size = 0
        self._expect_head()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._grow(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._grow(len(name) + len(value) + 4)

    def on_headers_complete(self) -> None:
        self._head_is_here()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own words
        self._refuse(431 if self._size > HEAD_BYTES else 400)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > HEAD_BYTES:
            raise ValueError("the head is too large")  # the parser stops, and has us send a 400

    def _expect_head(self) -> None:
        if self._patience is None:
            self._received = 0
            self._patience = self.loop.call_later(HEAD_SECONDS, self._too_late)

    def _head_is_here(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _too_late(self) -> None:
        self._patience = None
        if not self.transport.is_closing():
            self._refuse(408)

    def _refuse(self, status: int) -> None:
        code, words = _SAID[status]
        error = {"message": words, "type": "invalid_request_error", "param": None, "code": code}
        body = orjson.dumps({"error": error})
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self._head_is_here()
        self.transport.write(head.encode() + body)
        self.transport.close()
