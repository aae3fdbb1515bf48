"""Believable calls through the running gateway over HTTP: what its pages show is then true, not written.

The simulated vendor answers; some calls are wrong on purpose, and some ask it for a failure.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import httpx

from aiops.demo import shape

AT_ONCE = 32
MALFORMED = 0.01  # of all calls: what applications get wrong
FAILING = 0.02  # of all calls: the simulated vendor is asked for a failure
FAULTS = ("500", "timeout", "429", "html", "truncated", "slow")
LEAST = 0.15  # of the rate, at night and on Sundays: so that there is always something to see
_WRONG: tuple[dict[str, Any], ...] = ({"inputs": "not an object"}, {"inputs": {}}, {"input": {"ticket": "x"}})


@dataclass(frozen=True, slots=True)
class Wish:
    """`rate`: calls per second in the busiest hour of a working day."""

    address: str
    minutes: float
    rate: float
    seed: int = 0


@dataclass(slots=True)
class Seen:
    """What came back."""

    outcomes: Counter[str] = field(default_factory=Counter)
    cost: Decimal = Decimal(0)
    slowest: float = 0.0
    seconds: float = 0.0

    def __str__(self) -> str:
        named = ", ".join(f"{count} {word}" for word, count in self.outcomes.most_common()) or "nothing"
        total = self.outcomes.total()
        return (
            f"{total} simulated calls in {self.seconds:.0f} s: {named}; ${self.cost:.4f}, slowest "
            f"{self.slowest:.1f} s."
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: whose, at which feature, and its body."""

    tenant: str
    feature: str
    body: Mapping[str, Any]


def pace(rate: float, at: datetime) -> float:
    """Calls per second at a moment: by the hour and the day of the week."""
    busy = shape.HOURS[at.hour] / max(shape.HOURS) * shape.WEEK[at.weekday()] / max(shape.WEEK)
    return rate * max(LEAST, busy)


def asked(draw: Random, features: Mapping[str, list[str]]) -> Iterator[Asked]:
    """Requests without an end. `features`: what each tenant may call."""
    shops = {slug: shop for slug, shop in shape.SHOPS.items() if features.get(slug)}
    while True:
        tenant = draw.choices(list(shops), [shop.calls for shop in shops.values()])[0]
        named, weights = shape.features(shops[tenant], features[tenant])
        feature = draw.choices(named, weights)[0]
        yield Asked(tenant, feature, _body(feature, shops[tenant], draw))


def _body(feature: str, shop: shape.Shop, draw: Random) -> Mapping[str, Any]:
    chance = draw.random()
    if chance < MALFORMED:
        return draw.choice(_WRONG)
    said = shape.ask(feature, shop, draw)
    inputs = dict(said.inputs)
    if chance < MALFORMED + FAILING:
        name = next(iter(inputs))
        inputs[name] += f" [[simulate:{draw.choice(FAULTS)}]]"
    return {
        "inputs": inputs, "user": f"agent-{draw.randrange(40)}", "locale": said.locale,
        "category": said.category, "metadata": {"source": "simulated"},
    }  # fmt: skip  # pairs, read as a table


async def drive(wish: Wish, keys: Mapping[str, str]) -> Seen:
    """Call for `minutes`, and wait for what is under way. Raises httpx.HTTPError where nobody answers."""
    seen, draw = Seen(), Random(wish.seed)  # noqa: S311 - repeatable
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=wish.address, timeout=60, limits=limits) as client:
        features = {tenant: await _features(client, key) for tenant, key in keys.items()}
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            room, requests = asyncio.Semaphore(AT_ONCE), asked(draw, features)
            while time.monotonic() - began < wish.minutes * 60:
                await room.acquire()
                one = next(requests)
                group.create_task(_call(client, keys[one.tenant], one, seen, room))
                await asyncio.sleep(draw.expovariate(pace(wish.rate, datetime.now(UTC))))
    seen.seconds = time.monotonic() - began
    return seen


async def _features(client: httpx.AsyncClient, key: str) -> list[str]:
    answer = await client.get("/v1/models", headers=_headers(key))
    answer.raise_for_status()
    return [row["id"] for row in answer.json()["data"]]


async def _call(client: httpx.AsyncClient, key: str, one: Asked, seen: Seen, room: asyncio.Semaphore) -> None:
    began = time.monotonic()
    try:
        answer = await client.post(f"/v1/features/{one.feature}/invoke", json=one.body, headers=_headers(key))
    except httpx.HTTPError:
        seen.outcomes["unreachable"] += 1
    else:
        word = answer.headers.get("x-aiops-outcome", "refused")
        seen.outcomes[word if answer.status_code < 400 else f"refused ({answer.status_code})"] += 1
        seen.cost += Decimal(answer.headers.get("x-aiops-cost-usd", "0"))
        seen.slowest = max(seen.slowest, time.monotonic() - began)
    finally:
        room.release()


def _headers(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}
