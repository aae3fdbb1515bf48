"""How long a decision takes to be in force in every gateway process.

    python -m benchmarks.decisions [--listeners 4] [--publishes 100]

Each listener is a process with the gateway's own snapshot, on a PostgreSQL as `up` runs it, with 50 features.
A publish is timed from its commit to the last process that swapped its picture. Printed as a ratio
to a bare NOTIFY round trip between two connections of the same machine. Bound: 250 ms at the 99th percentile.
"""

import argparse
import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from aiops.operations.postgres import Postgres
from aiops.operations.postgres import stop as stop_postgres

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

BOUND = 0.250
PAUSE = 0.2  # seconds between two publishes: what is measured is one decision, not how many fit
FEATURES = 50


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=4)
    parser.add_argument("--publishes", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aiops-bench-", dir="/tmp") as folder:
        server = Postgres(Path(folder) / "postgres", Path(folder) / "run")
        server.prepare()
        process = server.start(Path(folder) / "postgres.log")
        try:
            server.wait()
            server.ensure_database("aiops")
            return measured(server.url("aiops"), Path(folder), options.listeners, options.publishes)
        finally:
            stop_postgres(process)


def measured(url: str, home: Path, listeners: int, publishes: int) -> int:
    django_on(url, home)
    fill()
    bare = bare_round_trips(publishes)
    times = decisions(url, home, listeners, publishes)
    (p50, p99), (bare50, bare99) = percentiles(times), percentiles(bare)
    print(f"processes      {listeners}, {FEATURES} features, {publishes} publishes")
    print(f"bare NOTIFY    p50 {bare50 * 1000:7.2f} ms   p99 {bare99 * 1000:7.2f} ms")
    print(f"a decision     p50 {p50 * 1000:7.2f} ms   p99 {p99 * 1000:7.2f} ms   (bound 250 ms)")
    print(f"ratio          p50 {p50 / bare50:7.1f}      p99 {p99 / bare99:7.1f}")
    return 0 if p99 <= BOUND else 1


def django_on(url: str, home: Path) -> None:
    os.environ.update(  # noqa: TID251 - for the settings of this process
        DATABASE_URL=url, AIOPS_HOME=str(home), DJANGO_SETTINGS_MODULE="aiops.settings"
    )
    import django  # noqa: PLC0415 - the settings read the environment that was set above

    django.setup()


def fill() -> None:
    """Tables, and features with a flag each."""
    from django.core.management import call_command  # noqa: PLC0415 - needs Django set up

    from aiops.features.models import Feature  # noqa: PLC0415 - needs Django set up
    from aiops.flags.models import Flag  # noqa: PLC0415 - needs Django set up

    call_command("migrate", verbosity=0)
    for number in range(FEATURES):
        feature = Feature.objects.create(slug=f"feature-{number}", name=f"Feature {number}")
        Flag.objects.create(feature=feature)


def bare_round_trips(publishes: int) -> list[float]:
    """From a NOTIFY on one connection to its arrival on another."""
    import psycopg  # noqa: PLC0415 - needs Django set up

    from aiops.gateway.listening import address  # noqa: PLC0415 - needs Django set up

    times = []
    with (
        psycopg.connect(**address(), autocommit=True) as one,
        psycopg.connect(**address(), autocommit=True) as other,
    ):
        other.execute("LISTEN bench")
        for _ in range(publishes):
            begun = time.monotonic()
            one.execute("NOTIFY bench")
            next(other.notifies(timeout=5, stop_after=1))
            times.append(time.monotonic() - begun)
    return times


def decisions(url: str, home: Path, listeners: int, publishes: int) -> list[float]:
    """Seconds from each commit to the last process that has it in force."""
    from aiops.flags import queries  # noqa: PLC0415 - needs Django set up
    from aiops.flags.models import Flag  # noqa: PLC0415 - needs Django set up

    context = multiprocessing.get_context("spawn")
    seen: Queue[tuple[int, float]] = context.Queue()
    children = [
        context.Process(target=listener, args=(url, home, n, seen), daemon=True) for n in range(listeners)
    ]
    for child in children:
        child.start()
    for _ in children:
        seen.get(timeout=60)
    time.sleep(1)  # until all of them listen
    times = []
    try:
        for number in range(publishes):
            time.sleep(PAUSE)
            Flag.objects.filter(feature__slug=f"feature-{number % FEATURES}").update(percent=number % 100)
            begun = time.monotonic()
            wanted = queries.publication().revision
            times.append(max(swapped(seen, wanted, listeners)) - begun)
    finally:
        for child in children:
            child.terminate()
    return times


def swapped(seen: "Queue[tuple[int, float]]", wanted: int, listeners: int) -> list[float]:
    """When each process had `wanted` in force. A monotonic clock is the machine's, the same in each."""
    found: list[float] = []
    while len(found) < listeners:
        revision, at = seen.get(timeout=30)
        if revision >= wanted:
            found.append(at)
    return found


def listener(url: str, home: Path, number: int, seen: "Queue[tuple[int, float]]") -> None:
    django_on(url, home)
    (home / str(number)).mkdir()
    asyncio.run(follow(home / str(number), number, seen))


async def follow(home: Path, number: int, seen: "Queue[tuple[int, float]]") -> None:
    """Say of each picture which revision it has, and when it was there."""
    from aiops.flags.presence import Process  # noqa: PLC0415 - needs Django set up
    from aiops.gateway.snapshot import Snapshot  # noqa: PLC0415 - needs Django set up

    class Told(Snapshot):
        def _swap(self) -> None:
            super()._swap()
            if self.picture:
                seen.put((self.picture.revision, time.monotonic()))

    async with Told(Process(f"bench-{number}", "bench", number), home):
        await asyncio.Event().wait()


def percentiles(times: list[float]) -> tuple[float, float]:
    cut = quantiles(times, n=100)
    return cut[49], cut[98]


if __name__ == "__main__":
    sys.exit(main())
