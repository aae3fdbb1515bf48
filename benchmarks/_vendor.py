"""A model server that does as little as possible: an OpenAI-compatible answer, at once or after a while.

    python -m benchmarks._vendor [--latency 0.05]     prints its address, and serves until it is stopped

It counts what it answered: `GET /count` gives {"calls": n}. Its answer uses 10 + 10 tokens.
"""

import argparse
import asyncio
import json
from typing import Any

import uvloop

BODY = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "stub",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "All is well."}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20},
    }
).encode()


def _response(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


ANSWER = _response(BODY)


class Vendor(asyncio.Protocol):
    """One connection. Requests are cut by their content-length; their content is not looked at."""

    calls = 0

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            place = head.find(b"content-length:")
            length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            if head.startswith(b"get /count"):
                self._transport.write(_response(json.dumps({"calls": Vendor.calls}).encode()))
            else:
                asyncio.get_running_loop().call_later(
                    self._latency, self._answer
                ) if self._latency else self._answer()

    def _answer(self) -> None:
        Vendor.calls += 1
        if not self._transport.is_closing():
            self._transport.write(ANSWER)


async def _serve(latency: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Vendor(latency), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    uvloop.run(_serve(parser.parse_args().latency))
