"""Memory of one gateway process: flat over many calls, and small with many open streams.

    python -m benchmarks.gateway_memory [--calls 200000] [--streams 1000]

First so many streams are open at once, each with a piece every two seconds. Then calls follow, each a new
question, so that the cache in memory fills (20,000 answers): memory is compared after 20 % of the calls, at
least 25,000 of them (half, where there are fewer than 50,000), and at the end.
"""

import argparse
import asyncio
import json
import sys
import time
from typing import Any

from benchmarks._callers import opened, request
from benchmarks._faults import Checks, Stage, chat_body, staged
from benchmarks._gateway import memory_mb
from benchmarks._load import load

FILLED = 25_000  # calls after which the cache is full
STREAMS_MB = 400
GROWTH_MB = 20


def main() -> int:
    options, checks = _options(), Checks()
    with staged() as stage:
        stage.feature("summary", stage.model("good"))
        stage.feature("streams", stage.model("slow-stream"), deadline_seconds=60)
        stage.start_gateways(1)
        pid = stage.gateways[0].pid
        print(f"     {memory_mb(pid):.0f} MB at the start")
        asyncio.run(streams(stage, checks, options.streams, pid))
        waited = stage.until(lambda: ended(stage) >= options.streams, 180)
        gone = stage.asked()["slow-stream"].get("gone", 0)
        checks(gone, f"{gone} of them closed by their callers: the vendor's ended within {waited:.1f} s")
        if options.calls:
            flat(stage, checks, options.calls, pid)
    return checks.code


def flat(stage: Stage, checks: Checks, calls: int, pid: int) -> None:
    """Short loads one after another, so that memory can be read in between."""
    done, first, marks = 0, 0.0, []
    mark = max(int(0.2 * calls), min(FILLED, calls // 2))
    while done < calls:
        base = done
        measured = load(
            stage.chat,
            lambda number, base=base: _question(base + number),  # type: ignore[misc]  # the default is the loop's
            stage.headers,
            connections=32,
            seconds=5,
        )
        done += len(measured.latencies)
        marks.append((done, memory_mb(pid)))
        if not first and done >= mark:
            first = memory_mb(pid)
            print(f"     {first:.0f} MB after {done:,} calls")
        if set(measured.statuses) != {200}:
            checks(False, f"answers {measured.statuses}")
    last = memory_mb(pid)
    step = max(1, len(marks) // 10)
    print("     " + ", ".join(f"{count:,}: {size:.0f}" for count, size in marks[::step]) + " MB")
    checks(
        last - first < GROWTH_MB, f"{last:.0f} MB after {done:,} calls: {last - first:+.1f} MB since {mark:,}"
    )


def _question(number: int) -> bytes:
    return json.dumps(
        {"model": "summary", "messages": [{"role": "user", "content": f"Where is parcel {number} of today?"}]}
    ).encode()


async def streams(stage: Stage, checks: Checks, count: int, pid: int) -> None:
    """Open all of them, wait for two pieces of each, and look."""
    lines: list[Any] = []
    limit = asyncio.Semaphore(50)

    async def one(number: int) -> bool:
        async with limit:
            reader, writer = await opened(stage.chat)
            lines.append(writer)
            body = chat_body("streams", f"Where is parcel {number}?", stream=True)
            writer.write(request(stage.chat, body, stage.headers))
            try:
                async with asyncio.timeout(100):
                    await reader.readuntil(b"word 0")
            except (asyncio.IncompleteReadError, TimeoutError, OSError):
                return False
        await reader.readuntil(b"word 1")
        return True

    before, begun = memory_mb(pid), time.monotonic()
    begins = list(await asyncio.gather(*(one(number) for number in range(count))))
    size = memory_mb(pid)
    running = stage.asked()["slow-stream"]
    still = running["asked"] - running.get("answered", 0) - running.get("gone", 0)
    words = f"{sum(begins)} streams begun in {time.monotonic() - begun:.1f} s, {still} of them under way"
    checks(sum(begins) == still == count, words)
    checks(size < STREAMS_MB, f"{size:.0f} MB with them open, {before:.0f} before")
    for writer in lines:
        writer.close()
    await asyncio.sleep(1)  # until the lines are closed


def ended(stage: Stage) -> int:
    """How many streams are over for the vendor."""
    said = stage.asked()["slow-stream"]
    return said.get("answered", 0) + said.get("gone", 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--streams", type=int, default=1000)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
