"""A model server with faults on demand: the first part of a request's path says what happens to it.

    python -m benchmarks._faulty_vendor     prints its address, and serves until it is stopped

`POST /KIND/chat/completions` meets the fault KIND (see `KINDS`; `late-0.2` answers after so many seconds).
`GET /count` gives, for each kind, how many were `asked` and `answered`, and how many callers were `gone`
before the answer's end.
"""

import asyncio
import json
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

Write = asyncio.StreamWriter
PIECES, PAUSE = 60, 2.0  # of a slow stream; seconds


def usage(prompt: Any = 10, completion: Any = 10) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion}


def completion(used: Any) -> bytes:
    message = {"role": "assistant", "content": "All is well."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    told = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "stub"}
    return json.dumps({**told, "choices": [choice], **({"usage": used} if used else {})}).encode()


def response(body: bytes, status: str = "200 OK", kind: str = "application/json", *more: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-type: {kind}", f"content-length: {len(body)}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def says(whole: bytes) -> Callable[[Write], Awaitable[None]]:
    async def say(writer: Write) -> None:
        writer.write(whole)
        await writer.drain()

    return say


async def hang(_writer: Write) -> None:
    await asyncio.Event().wait()


async def reset(writer: Write) -> None:
    line: socket.socket = writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def cut(writer: Write) -> None:
    """All of an answer but its end."""
    await says(response(WHOLE)[:-20])(writer)
    writer.close()


async def slow_stream(writer: Write) -> None:
    """A piece now and then, for two minutes."""
    await _begin(writer)
    for number in range(PIECES):
        await _piece(writer, {"content": f"word {number} "})
        await asyncio.sleep(PAUSE)
    await _end(writer)


async def late_stream(writer: Write) -> None:
    """Its head at once, then nothing."""
    await _begin(writer)
    await hang(writer)


async def broken_stream(writer: Write) -> None:
    """Three pieces, then the connection is reset."""
    await _begin(writer)
    for number in range(3):
        await _piece(writer, {"content": f"word {number} "})
        await asyncio.sleep(0.02)
    await reset(writer)


async def _begin(writer: Write) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    await writer.drain()


async def _piece(writer: Write, delta: dict[str, str], finish: str | None = None, **more: Any) -> None:
    event = {"id": "1", "model": "stub", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    line = b"data: " + json.dumps({**event, **more}).encode() + b"\n\n"
    writer.write(b"%x\r\n%s\r\n" % (len(line), line))
    await writer.drain()


async def _end(writer: Write) -> None:
    await _piece(writer, {}, "stop", usage=usage())
    writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
    await writer.drain()


WHOLE = completion(usage())
ERROR = json.dumps({"error": {"message": "fault on demand", "type": "fault"}}).encode()
KINDS: dict[str, Callable[[Write], Awaitable[None]]] = {
    "good": says(response(WHOLE)),
    "hundred": says(response(completion(usage(0, 100)))),
    "hang": hang,
    "reset": reset,
    "html": says(response(b"<!doctype html><p>Corporate proxy", kind="text/html")),
    "truncated": says(response(WHOLE[: len(WHOLE) // 2])),
    "cut": cut,
    "empty": says(response(b"")),
    "no-usage": says(response(completion(None))),
    "negative-usage": says(response(completion(usage(-5, -5)))),
    "absurd-usage": says(response(completion(usage(10**18, 10**18)))),
    "text-usage": says(response(completion(usage("ten", [10])))),
    "above-hold": says(response(completion(usage(10, 50_000)))),
    "limited": says(response(ERROR, "429 Too Many Requests", "application/json", "retry-after: 30")),
    "error-500": says(response(ERROR, "500 Internal Server Error")),
    "error-503": says(response(ERROR, "503 Service Unavailable", "text/html")),
    "slow-stream": slow_stream,
    "late-stream": late_stream,
    "broken-stream": broken_stream,
}
counts: dict[str, Counter[str]] = {}


def of_kind(name: str) -> Callable[[Write], Awaitable[None]]:
    if not name.startswith("late-") or name in KINDS:
        return KINDS[name]
    seconds, whole = float(name.removeprefix("late-")), response(completion(usage(0, 100)))

    async def late(writer: Write) -> None:
        await asyncio.sleep(seconds)
        await says(whole)(writer)

    return late


async def serve_line(reader: asyncio.StreamReader, writer: Write) -> None:
    """One connection: requests one after another, until either side ends it."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split(b" ", 2)[1].decode()
            if path == "/count":
                writer.write(response(json.dumps(counts).encode()))
                continue
            _, _, rest = head.lower().partition(b"content-length:")
            await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
            if not await answered(path.split("/")[1], reader, writer):
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def answered(name: str, reader: asyncio.StreamReader, writer: Write) -> bool:
    """Whether the caller stayed for the whole answer."""
    count = counts.setdefault(name, Counter())
    count["asked"] += 1
    answer = asyncio.ensure_future(of_kind(name)(writer))
    leaves = asyncio.ensure_future(reader.read(1))  # nobody sends the next request before the answer
    await asyncio.wait({answer, leaves}, return_when=asyncio.FIRST_COMPLETED)
    stayed = answer.done() and answer.exception() is None
    count["answered" if stayed else "gone"] += 1
    for task in (answer, leaves):
        task.cancel()
    await asyncio.gather(answer, leaves, return_exceptions=True)
    return stayed


async def main() -> None:
    server = await asyncio.start_server(serve_line, "127.0.0.1", 0, backlog=2048)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
