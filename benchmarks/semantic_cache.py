"""Questions in other words among 100,000 in 200 partitions: how fast they are found, whether they are, and
what a gateway with the semantic cache on does a second.

    python -m benchmarks.semantic_cache [--entries 100000] [--seconds 10]

Real parts only: PostgreSQL with pgvector, Redis, one gateway process, a vendor over HTTP; they and the load
share this machine. Partitions differ in size: half of them have 50 entries. Recall is against every vector of
the partition, compared one by one. The load's prompts are all new, spread over the 200 partitions, and every
answer is kept; its baseline is the same load with the semantic cache off, in the same run.
"""

import argparse
import asyncio
import hashlib
import itertools
import json
import random
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from aiops.core.latency import histogram, quantile
from aiops.knowledge.vectors import vector, written
from benchmarks._gateway import FEATURE, PORT, gateways, stage
from benchmarks._load import load

POLICY: dict[str, Any] = {"breaker": {"tenant": {"requests_per_minute": 10_000_000, "concurrency": 100_000}}}
PARTITIONS, SMALL = 200, 50
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
    url = f"http://127.0.0.1:{PORT}/v1/chat/completions"
    with stage(policy=POLICY) as set_up:
        headers = {"authorization": f"Bearer {set_up['key']}"}
        with gateways(set_up["folder"]):
            load(url, fresh, headers, connections=8, seconds=2)
            off = load(url, fresh, headers, connections=32, seconds=options.seconds)
        _semantic_on()
        filled = fill(partitions(set_up["key"]), options.entries)
        times, together, recall, asked = asyncio.run(looked_up(filled, options.lookups))
        p50, p99, busy = quantile(times, 0.5).ms, quantile(times, 0.99).ms, quantile(together, 0.99).ms
        print(f"entries        {options.entries:,} in {PARTITIONS} partitions of {sizes(filled)}")
        print(f"lookups        p50 {p50:.2f} ms, p99 {p99:.2f} ms one by one; p99 {busy:.2f} ms 16 at once")
        print(f"recall@1       {recall} of {asked} ({recall / asked:.4f})", flush=True)
        with gateways(set_up["folder"]):
            load(url, fresh, headers, connections=8, seconds=2)
            on = load(url, again, headers, connections=32, seconds=options.seconds)
            print(
                f"calls a second {on.rate:,.0f} with it, {off.rate:,.0f} without, {on.statuses}", flush=True
            )
    print(f"p99 of calls   {on.quantile(0.99):.1f} ms with it, {off.quantile(0.99):.1f} ms without")
    kept = p99 <= options.at_most and recall >= 0.99 * asked and on.rate >= options.at_least
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


def fill(places: Sequence[bytes], entries: int) -> dict[bytes, list[str]]:
    """Questions by partition: half of the partitions are small, the others share the rest."""
    from django.db import connection  # noqa: PLC0415 - needs the settings

    draw = random.Random(20261123)
    half = len(places) // 2
    rest = (entries - half * SMALL) // (len(places) - half)
    found = {place: draw.sample(ALL, SMALL if at < half else rest) for at, place in enumerate(places)}
    begun = time.monotonic()
    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY gateway_cacheentry (key, tenant, feature, text, model, passages, at, expires_at, writer)"
            " FROM STDIN"
        ) as copy:
            for place, question in _each(found):
                key = _key(place, question)
                copy.write_row((key, "acme", FEATURE, "It is.", "stub", "[]", "now", "tomorrow", "bench"))
        with cursor.copy(
            "COPY gateway_semanticentry (key, partition, feature, tenant, knowledge_revision, question, at,"
            " expires_at, embedding) FROM STDIN"
        ) as copy:
            for place, question in _each(found):
                embedded = written(vector(question))
                facts = (FEATURE, "acme", 0, question, "now", "tomorrow", embedded)
                copy.write_row((_key(place, question), "\\x" + place.hex(), *facts))
        cursor.execute("VACUUM ANALYZE gateway_semanticentry")
        cursor.execute("VACUUM ANALYZE gateway_cacheentry")
    print(f"filled in {time.monotonic() - begun:.0f} s")
    return found


def _each(found: dict[bytes, list[str]]) -> Any:
    return ((place, question) for place, questions in found.items() for question in questions)


def _key(place: bytes, question: str) -> str:
    return "\\x" + hashlib.sha256(place + question.encode()).hexdigest()


async def looked_up(filled: dict[bytes, list[str]], lookups: int) -> tuple[Any, Any, int, int]:
    """Times one by one and 16 at once, in ms; how often the nearest was the nearest of all, of how many."""
    from aiops.gateway import listening  # noqa: PLC0415 - needs the settings
    from aiops.gateway.stores.neighbours import StoredNeighbours  # noqa: PLC0415 - as above
    from aiops.gateway.stores.pool import Pool  # noqa: PLC0415 - as above

    draw = random.Random(1)
    pool = Pool(listening.address())
    await pool.open()
    store = StoredNeighbours(pool.connect, vector, _nothing)
    asked = [
        (place, f"Hello, {draw.choice(filled[place]).lower()}")
        for place in draw.choices(list(filled), k=lookups)
    ]
    try:
        await store.near(*asked[0])
        times = [await _timed(store, *one) for one in asked]
        together: list[float] = []
        for at in range(0, lookups, 16):
            together += await asyncio.gather(*(_timed(store, *one) for one in asked[at : at + 16]))
        some = list(filled)[:: PARTITIONS // 20]
        right = of = 0
        for place in some:
            everything = np.array([vector(question) for question in filled[place]], dtype=np.float32)
            for question in draw.sample(filled[place], 25):
                wanted = f"Please, {question.replace('the', 'my', 1)}"
                best = float((everything @ np.array(vector(wanted), dtype=np.float32)).max())
                near = await store.near(place, wanted)
                if best >= 0.7:
                    of += 1
                    right += bool(near) and near[0].likeness >= best - 2e-3
    finally:
        await pool.close()
    return histogram(times), histogram(together), right, of


def _nothing(keys: Sequence[bytes]) -> None:
    """Nobody purges here."""


async def _timed(store: Any, place: bytes, question: str) -> float:
    begun = time.perf_counter()
    await store.near(place, question)
    return 1e3 * (time.perf_counter() - begun)


def sizes(filled: dict[bytes, list[str]]) -> str:
    counts = sorted(map(len, filled.values()))
    return f"{counts[0]:,} to {counts[-1]:,}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--lookups", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--at-least", type=float, default=1000, help="calls a second; exit 1 below")
    parser.add_argument("--at-most", type=float, default=10.0, help="ms of the p99 of a lookup; as above")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
