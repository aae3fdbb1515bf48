"""What nobody should send, to a running gateway: a clear 4xx each, the process alive, its memory bounded.

    python -m benchmarks.faults_payloads [--megabytes 50] [--at-once 8] [--slow 20]

Bodies of 50 MB, deep JSON, NUL bytes, invalid UTF-8, duplicate keys, bombs of headers, wrong types and
lengths, chunks, and bodies and heads that never come whole. All of it while other callers are answered.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator

from benchmarks._callers import Callers, answer, opened, outcomes
from benchmarks._faults import Checks, Stage, chat_body, staged, unnamed
from benchmarks._gateway import memory_mb

MEGABYTE = b" " * (1 << 20)
CHAT = "/v1/chat/completions"
ABOVE = 150  # MB that the process may grow by


def main() -> int:
    options, checks = _options(), Checks()
    with staged() as stage:
        stage.feature("summary", stage.model("good"), cache={"on": False})
        stage.start_gateways(1)
        process = stage.gateways[0]
        body = lambda number: chat_body("summary", f"Where is parcel {number}?")  # noqa: E731 - one line
        with Callers(stage.chat, body, stage.headers, 4, pause=0.02) as callers:
            time.sleep(3)
            before = memory_mb(process.pid)
            asyncio.run(everything(stage, checks, options))
            after = memory_mb(process.pid)
        found = outcomes(callers.answers)
        checks(set(found) == {"answered"} and not callers.broken, f"meanwhile, other callers: {found}")
        longest = max(one.seconds for one in callers.answers)
        checks(longest < 4, f"the longest of them took {longest:.2f} s")
        checks(after - before < ABOVE, f"memory {before:.0f} MB before, {after:.0f} MB after")
        checks(process.poll() is None, "the process is the same")
    return checks.code


async def everything(stage: Stage, checks: Checks, options: argparse.Namespace) -> None:
    key = stage.headers["authorization"]
    slow = [
        asyncio.create_task(trickled(stage, key, whole_head=number % 2 == 0))
        for number in range(options.slow)
    ]
    for name, status, sent in cases(key):
        said = await sent_raw(stage, sent)
        checks(said == status, f"{name}: {said}")
    size = options.megabytes
    for name, chunked in (("declared", False), ("in chunks", True)):
        begun = time.monotonic()
        big = await asyncio.gather(*(bulk(stage, key, size, chunked=chunked) for _ in range(options.at_once)))
        seconds = time.monotonic() - begun
        words = (
            f"{options.at_once} bodies of {size} MB at once, {name}: {dict(Counter(big))} in {seconds:.1f} s"
        )
        checks(set(big) <= {"413", "413, then closed"}, words)
    statuses = Counter(await asyncio.gather(*slow))
    checks(set(statuses) == {"408"}, f"{options.slow} heads and bodies that trickle: {dict(statuses)}")


def cases(key: str) -> Iterator[tuple[str, str, bytes]]:
    """Name, the status that is due, and what is sent."""
    for name, body in bodies():
        yield name, "400", posted(key, body)
    json_type = "content-type: application/json"
    for name, status, lines, body in (
        ("no key", "401", ["authorization: Bearer nonsense", json_type], b"{}"),
        ("plain text", "415", [f"authorization: {key}", "content-type: text/plain"], b"{}"),
        (
            "a form",
            "415",
            [f"authorization: {key}", "content-type: multipart/form-data; boundary=x"],
            b"--x--",
        ),
        ("a header of 40 KB", "431", [f"x-much: {'y' * 40_000}"], b"{}"),
        ("2,000 headers", "431", [f"x-{number}: {'y' * 50}" for number in range(2000)], b"{}"),
        ("two lengths", "400", ["content-length: 2", "content-length: 7"], b"{}"),
        ("a length below 0", "400", ["content-length: -1"], b""),
        ("a length and chunks", "400", ["transfer-encoding: chunked"], b"{}"),
    ):
        yield (
            name,
            status,
            head(lines if "length" in name else [*lines, f"content-length: {len(body)}"], body),
        )
    yield (
        "chunks that are none",
        "400",
        head([f"authorization: {key}", "transfer-encoding: chunked"]) + b"zz\r\n",
    )
    yield "no HTTP", "400", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"
    yield "an address of 40 KB", "431", b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n"
    yield "another method", "405", b"PATCH " + CHAT.encode() + b" HTTP/1.1\r\nhost: x\r\n\r\n"
    yield "another address", "404", b"GET /v1/../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n"


def bodies() -> Iterator[tuple[str, bytes]]:
    whole = chat_body("summary", "x")[:-1]
    yield "nothing", b""
    yield "cut JSON", whole
    yield "a list", b"[" + whole + b"}]"
    yield "100,000 brackets", b"[" * 100_000 + b"]" * 100_000
    yield "a million brackets", b"[" * 1_000_000
    yield "100,000 objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    yield "deep tools", whole + b', "tools": [' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"]}"
    yield "a NUL byte", whole + b', "user": "a\x00b"}'
    yield "an escaped NUL", whole + rb', "user": "a\u0000b"}'
    yield "invalid UTF-8", whole + b', "user": "\xff\xfe"}'
    yield "half a character", whole + rb', "user": "\ud800"}'
    yield "UTF-16", (whole + b"}").decode().encode("utf-16")
    yield "a key twice", whole + b', "user": "a", "user": "b"}'
    yield "NaN", whole + b', "temperature": NaN}'
    yield "a number of 4,000 digits", whole + b', "seed": ' + b"9" * 4000 + b"}"
    yield "an unknown field", whole + b', "best_of": 3}'


def head(lines: list[str], body: bytes = b"") -> bytes:
    return "\r\n".join([f"POST {CHAT} HTTP/1.1", "host: x", *lines]).encode() + b"\r\n\r\n" + body


def posted(key: str, body: bytes) -> bytes:
    kind = "content-type: application/json"
    return head([f"authorization: {key}", kind, f"content-length: {len(body)}"], body)


async def sent_raw(stage: Stage, sent: bytes) -> str:
    """The status of the answer; with its code where an error has none."""
    reader, writer = await opened(stage.chat)
    try:
        writer.write(sent)
        async with asyncio.timeout(20):
            said = await answer(reader, time.monotonic())
        named = said.code != "without a code" and not unnamed([said])
        return str(said.status) if named else f"{said.status} {said.body[:80]!r}"
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        return type(error).__name__
    finally:
        writer.close()


async def bulk(stage: Stage, key: str, megabytes: int, *, chunked: bool) -> str:
    """Send a body as fast as it is taken, whatever is said meanwhile."""
    reader, writer = await opened(stage.chat)
    length = "transfer-encoding: chunked" if chunked else f"content-length: {megabytes << 20}"
    writer.write(head([f"authorization: {key}", "content-type: application/json", length]))
    closed = ""
    try:
        for _ in range(megabytes):
            writer.write(b"%x\r\n%s\r\n" % (len(MEGABYTE), MEGABYTE) if chunked else MEGABYTE)
            await writer.drain()
    except OSError:
        closed = ", then closed"
    try:
        async with asyncio.timeout(20):
            return str((await answer(reader, time.monotonic())).status) + closed
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        return type(error).__name__
    finally:
        writer.close()


async def trickled(stage: Stage, key: str, *, whole_head: bool) -> str:
    """A byte a second, of a body or of a head, until something is said."""
    reader, writer = await opened(stage.chat)
    lines = [f"authorization: {key}", "content-type: application/json", "content-length: 1000"]
    writer.write(head(lines) if whole_head else head(lines)[:-2] + b"x-slow: ")
    said = asyncio.create_task(answer(reader, time.monotonic()))
    try:
        async with asyncio.timeout(60):
            while not said.done():
                writer.write(b"x")
                await asyncio.wait({said}, timeout=1)
        return str(said.result().status)
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        return type(error).__name__
    finally:
        writer.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--slow", type=int, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
