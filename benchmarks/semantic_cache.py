"""Questions in other words among 100,000 in 200 partitions: how fast they are found, whether they are, and
what a gateway with the semantic cache on does a second.

    python -m benchmarks.semantic_cache [--entries 1000000 --memory 1024] [--seconds 10]

Real parts only: PostgreSQL with pgvector, Redis, one gateway process, a vendor over HTTP; they and the load
share this machine. Half of the partitions have 50 entries, one has a tenth of all, the others share the rest.
Recall is against every vector of the partition, compared one by one. The load's prompts are all new, spread
over the partitions, and every answer is kept; its baseline is the same load with the semantic cache off, in
the same run. CPU is that of the gateway's process, and of Postgres: where the machine has other work it says
more than the rate.
"""

import argparse
import asyncio
import contextlib
import hashlib
import itertools
import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from psycopg import AsyncConnection

from aiops.core.latency import histogram, quantile
from benchmarks._gateway import FEATURE, PORT, gateways, memory_mb, stage
from benchmarks._load import Measured, load

POLICY: dict[str, Any] = {"breaker": {"tenant": {"requests_per_minute": 10_000_000, "concurrency": 100_000}}}
PARTITIONS, SMALL = 200, 50
LEAST = 0.71  # what is less alike is never given, and not looked for below 0.7
_WORDS = """
activate block change close find freeze insure lock move open order pay read renew sell send
account address alarm bill book card contract door engine garden invoice key letter phone table
Athens Berlin Cairo Delhi Essen Fes Geneva Hanoi Izmir Jena Kyoto Lima Madrid Nice Oslo Porto
today tomorrow yesterday tonight weekly monthly early late soon again twice often
"""
VERBS, THINGS, PLACES, WHEN = (line.split() for line in _WORDS.strip().splitlines())
ALL = [
    f"How do I {verb} the {one} and the {other} in {place} {when}?"
    for verb, one, other, place, when in itertools.product(VERBS, THINGS, THINGS, PLACES, WHEN)
]


def main() -> int:
    options = _options()
    os.environ["AIOPS_CACHE_MEMORY_MB"] = str(options.memory)  # noqa: TID251 - for the gateway's process
    with stage(policy=POLICY) as set_up:
        off = called(set_up, fresh, options)
        _semantic_on()
        filled = fill(partitions(set_up["key"]), options.entries)
        p99, recall = asyncio.run(looked_up(filled, options))
        on = called(set_up, again, options)
    for name, one in (("off", off), ("on", on)):
        print(
            f"{name:4} {one.load.rate:7,.0f} calls/s, p99 {one.load.quantile(0.99):6.1f} ms, CPU per call"
            f" {one.cpu:.2f} ms of the gateway and {one.base:.2f} ms of Postgres, {one.memory:,.0f} MB,"
            f" {one.late:,} late, stopped in {one.stopped:.1f} s, {one.load.statuses}"
        )
    kept = p99 <= options.at_most and recall >= 0.99 and on.load.rate >= options.at_least
    return 0 if kept else 1


def fresh(number: int) -> bytes:
    """A prompt that nobody asked before, in one of the partitions."""
    said = f"{ALL[number * 7919 % len(ALL)]} Parcel {number}."
    body = {"model": FEATURE, "category": _category(number), "messages": [{"role": "user", "content": said}]}
    return json.dumps(body).encode()


def again(number: int) -> bytes:
    """Other prompts that nobody asked before."""
    return fresh(number + 500_000)


def _category(number: int) -> str:
    return f"kind-{number % PARTITIONS}"


def _semantic_on() -> None:
    from aiops.core.actors import SystemActor  # noqa: PLC0415 - needs the settings
    from aiops.features import actions  # noqa: PLC0415 - as above
    from aiops.features.models import Feature  # noqa: PLC0415 - as above
    from aiops.features.policy import Policy  # noqa: PLC0415 - as above

    policy = Policy.model_validate({**POLICY, "cache": {"semantic": "on"}})
    actions.set_policy(by=SystemActor("benchmark"), feature=Feature.objects.get(slug=FEATURE), policy=policy)


def partitions(key: str) -> list[bytes]:
    """Those that the gateway will look in, as it makes them."""
    from aiops.gateway import entry  # noqa: PLC0415 - needs the settings
    from aiops.gateway.bodies import Chat, parsed  # noqa: PLC0415 - as above
    from aiops.gateway.gate import chat_call  # noqa: PLC0415 - as above
    from aiops.gateway.painting import paint  # noqa: PLC0415 - as above
    from aiops.gateway.semantic.partition import partition_of  # noqa: PLC0415 - as above
    from aiops.gateway.stages.cache import parts_of  # noqa: PLC0415 - as above

    picture, headers = paint().picture, {"authorization": f"Bearer {key}"}

    async def made() -> list[bytes]:
        found = []
        for number in range(PARTITIONS):
            body = parsed(fresh(number), Chat)
            call = chat_call(picture, entry.key_of(picture, headers), headers, body)
            found.append(partition_of(call, parts_of(call))[0])
        return found

    return asyncio.run(made())


class Called(NamedTuple):
    """CPU in ms per call, memory in MB; `late` calls went on without their neighbours."""

    load: Measured
    cpu: float
    base: float
    memory: float
    late: int
    stopped: float


def called(set_up: dict[str, Any], body: Callable[[int], bytes], options: argparse.Namespace) -> Called:
    """A gateway under load, once it has its partitions in memory."""
    from aiops.flags.models import GatewayProcess  # noqa: PLC0415 - needs the settings

    url, headers = f"http://127.0.0.1:{PORT}", {"authorization": f"Bearer {set_up['key']}"}
    chat = f"{url}/v1/chat/completions"
    GatewayProcess.objects.all().delete()  # of the one before
    with gateways(set_up["folder"]) as (process,):
        load(chat, lambda number: body(number + 200_000), headers, connections=2, seconds=options.warm)
        _settled(url)
        data = set_up["folder"] / "postgres"
        begun, late = (cpu([process.pid]), cpu(postgres(data))), _late(url)
        found = load(chat, body, headers, connections=options.connections, seconds=options.seconds)
        used = cpu([process.pid]) - begun[0], cpu(postgres(data)) - begun[1]
        memory, late = memory_mb(process.pid), _late(url) - late
        ending = time.monotonic()
    calls = len(found.latencies)
    ended = time.monotonic() - ending
    return Called(found, 1e3 * used[0] / calls, 1e3 * used[1] / calls, memory, late, ended)


def _settled(url: str) -> None:
    """Until what is asked for has come into memory."""
    before, now = -1, 0
    while now > before:
        time.sleep(3)
        with urllib.request.urlopen(f"{url}/readyz") as page:  # noqa: S310 - our own address
            before, now = now, json.load(page)["questions_in_memory"]


def _late(url: str) -> int:
    with urllib.request.urlopen(f"{url}/metrics") as page:  # noqa: S310 - our own address
        lines = page.read().decode().splitlines()
    return sum(int(float(line.split()[1])) for line in lines if line.startswith("aiops_cache_late_total"))


def postgres(data: Path) -> list[int]:
    """The server's processes."""
    first = (data / "postmaster.pid").read_text().split()[0]
    found = subprocess.run(["/usr/bin/pgrep", "-P", first], capture_output=True, text=True, check=False)
    return [int(first), *map(int, found.stdout.split())]


def cpu(processes: Sequence[int]) -> float:
    """Seconds of all, and of their children that have ended."""
    total = 0
    for process in processes:
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, words[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def fill(places: Sequence[bytes], entries: int) -> dict[bytes, list[str]]:
    """Questions by partition, written as the gateway writes them."""
    begun, draw = time.monotonic(), random.Random(20261123)
    half, largest = len(places) // 2, entries // 10
    rest = (entries - half * SMALL - largest) // (len(places) - half - 1)
    counts = [*[SMALL] * half, *[rest] * (len(places) - half - 1), largest]
    found = {place: draw.sample(ALL, count) for place, count in zip(places, counts, strict=True)}
    asyncio.run(_written(found))
    print(f"{entries:,} entries, filled in {time.monotonic() - begun:.0f} s", flush=True)
    return found


async def _written(found: dict[bytes, list[str]]) -> None:
    from aiops.gateway import listening  # noqa: PLC0415 - needs the settings
    from aiops.gateway.semantic.embedding import embed  # noqa: PLC0415 - as above
    from aiops.gateway.semantic.shelves import Entry  # noqa: PLC0415 - as above
    from aiops.gateway.stores.keeping import Kept, keep  # noqa: PLC0415 - as above

    expires = time.time() + 86_400
    async with await AsyncConnection.connect(**listening.address(), autocommit=True) as connection:
        for place, questions in found.items():
            entries = [Entry(_key(place, question), expires, question) for question in questions]
            for at in range(0, len(entries), 5_000):
                part = entries[at : at + 5_000]
                kept = [Kept(one, place, FEATURE, "acme", 0, embed(one.question)) for one in part]
                await keep(connection, kept, "bench")
                async with connection.cursor() as cursor, cursor.copy(_ANSWERS) as copy:
                    for one in part:
                        key = f"\\x{one.key.hex()}"
                        await copy.write_row(
                            (key, "acme", FEATURE, "It is.", "stub", "[]", "now", "tomorrow")
                        )
        await connection.execute("VACUUM ANALYZE gateway_semanticentry")
        await connection.execute("VACUUM ANALYZE gateway_cacheentry")


_ANSWERS = "COPY gateway_cacheentry (key, tenant, feature, text, model, passages, at, expires_at) FROM STDIN"


def _key(place: bytes, question: str) -> bytes:
    return hashlib.sha256(place + question.encode()).digest()


async def looked_up(filled: dict[bytes, list[str]], options: argparse.Namespace) -> tuple[float, float]:
    """Each way that a lookup may go; the p99 of all once what fits is in memory, and the least recall."""
    from aiops.gateway.stores import together  # noqa: PLC0415 - needs the settings
    from aiops.gateway.stores.indexing import index_large  # noqa: PLC0415 - as above

    begun = time.monotonic()
    made = await asyncio.to_thread(index_large)
    print(f"{len(made)} partitions got an index of their own in {time.monotonic() - begun:.0f} s", flush=True)
    together.PATIENCE = 60.0  # all are measured, however long they take
    half, draw = len(filled) // 2, random.Random(1)
    small, others, large = list(filled)[:half], list(filled)[half:-1], list(filled)[-1:]
    kinds, recalls = (("small", small), ("others", others), ("largest", large)), []
    async with opened(options.memory) as store:
        for name, places in kinds:
            recalls.append(await measured(f"{name}, in Postgres", _stored(store), filled, places, draw))
        for place in [*small, *others] if made else filled:
            if not store.shelves.full:
                await store.shelving.bring(place)
        print(f"{store.shelves.questions:,} questions in memory, {store.shelves.nbytes / 1e6:,.0f} MB")
        for name, places in kinds:
            if some := [place for place in places if place in store.shelves]:
                recalls.append(await measured(f"{name}, in memory", _held(store), filled, some, draw))
        return await timed(store, filled, draw, options.lookups), min(recalls)


@contextlib.asynccontextmanager
async def opened(memory: int) -> AsyncIterator[Any]:
    """A store as the gateway has it."""
    from aiops.gateway import listening  # noqa: PLC0415 - needs the settings
    from aiops.gateway.stores.cache import SharedCache  # noqa: PLC0415 - as above
    from aiops.gateway.stores.neighbours import StoredNeighbours, looking_up_at  # noqa: PLC0415 - as above
    from aiops.gateway.stores.pool import Pool  # noqa: PLC0415 - as above

    pool = Pool(looking_up_at(listening.address()))
    await pool.open()
    store = StoredNeighbours(pool.connect, SharedCache(pool.connect), most=memory * 2**20)
    await store.exchange()
    running = asyncio.create_task(store.run())
    try:
        yield store
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await pool.close()


def _stored(store: Any) -> "Look":
    from aiops.gateway.semantic.embedding import embed  # noqa: PLC0415 - needs the settings
    from aiops.gateway.stores.neighbours import Wish  # noqa: PLC0415 - as above

    async def look(place: bytes, question: str) -> float:
        near = await store.search(Wish(place, embed(question)))
        return near[0].likeness if near else 0.0

    return look


def _held(store: Any) -> "Look":
    from aiops.gateway.semantic.embedding import embed  # noqa: PLC0415 - needs the settings

    async def look(place: bytes, question: str) -> float:
        near = store.shelves.get(place).search(embed(question), 0.7, 1, time.time())
        return next((one.likeness for one in near), 0.0)

    return look


Look = Callable[[bytes, str], Awaitable[float]]


async def measured(
    name: str, look: Look, filled: dict[bytes, list[str]], places: Sequence[bytes], draw: random.Random
) -> float:
    """Print how often the nearest of all was found, where there is one of 0.7, and how long it took."""
    times: list[float] = []
    right = of = 0
    used = 0.0
    some = draw.sample(places, min(10, len(places)))
    for place in some:
        asked = [_reworded(one) for one in draw.choices(filled[place], k=250 // len(some))]
        best = (_dense(asked) @ _dense(filled[place]).T).max(axis=1).tolist()
        begun = time.process_time()
        for question, likeness in zip(asked, best, strict=True):
            began = time.perf_counter()
            found = await look(place, question)
            times.append(1e3 * (time.perf_counter() - began))
            of += likeness >= LEAST
            right += likeness >= LEAST and found >= likeness - 2e-3
        used += time.process_time() - begun
    spread, most = histogram(times), max(len(filled[place]) for place in places)
    p50, p99 = quantile(spread, 0.5).ms, quantile(spread, 0.99).ms
    print(
        f"{name:20} {most:7,} entries: recall@1 {right} of {of}, p50 {p50:.2f} ms, p99 {p99:.2f} ms,"
        f" CPU of ours {1e3 * used / len(times):.2f} ms",
        flush=True,
    )
    return right / max(1, of)


def _reworded(question: str) -> str:
    return f"Please, {question.replace('the', 'my', 1)}"


def _dense(questions: Sequence[str]) -> Any:
    """Their vectors in full, as rows."""
    from aiops.gateway.semantic.embedding import DIMENSIONS, embed  # noqa: PLC0415 - needs the settings

    whole = np.zeros((len(questions), DIMENSIONS), np.float32)
    for row, question in enumerate(questions):
        places, values = embed(question)
        whole[row, places] = values
    return whole


async def timed(store: Any, filled: dict[bytes, list[str]], draw: random.Random, lookups: int) -> float:
    """As calls look up, spread over the partitions: the p99 in ms."""
    places = draw.choices(list(filled), k=lookups)
    asked = [
        (place, f"Hello, {draw.choice(filled[place]).lower()} Parcel {number}.")
        for number, place in enumerate(places)
    ]
    for one in asked[:50]:
        await store.near(*one)
    used = time.process_time()
    times = histogram([await _timed(store, *one) for one in asked])
    each = 1e3 * (time.process_time() - used) / lookups
    many = [
        one
        for at in range(0, lookups, 16)
        for one in await asyncio.gather(*(_timed(store, *wish) for wish in asked[at : at + 16]))
    ]
    p50, p99, busy = quantile(times, 0.5).ms, quantile(times, 0.99).ms, quantile(histogram(many), 0.99).ms
    print(
        f"lookups in all partitions: p50 {p50:.2f} ms, p99 {p99:.2f} ms, CPU of ours {each:.2f} ms;", end=" "
    )
    print(f"16 at once p99 {busy:.2f} ms")
    return p99


async def _timed(store: Any, place: bytes, question: str) -> float:
    begun = time.perf_counter()
    await store.near(place, question)
    return 1e3 * (time.perf_counter() - begun)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--memory", type=int, default=256, help="MB in the gateway's process")
    parser.add_argument("--lookups", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--warm", type=float, default=5.0, help="seconds of little load before")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--at-least", type=float, default=1000, help="calls a second; exit 1 below")
    parser.add_argument("--at-most", type=float, default=10.0, help="ms of the p99 of a lookup; as above")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
