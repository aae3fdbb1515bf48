"""Call records of the demo's past, as the gateway would have written them. Simulated, and labelled so.

The last days are whole calls, stored by the gateway's own path, so that their hourly sums come from them. The
ninety days before are sums alone, at four hours of each day: nobody opens single calls of those, and a
hundred thousand of them would take a minute to load. Their shape is chosen, not measured.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from statistics import NormalDist
from typing import Any

from aiops.core.latency import bucket
from aiops.demo import served, shape
from aiops.demo.deciding import Stopped
from aiops.demo.served import By, Outputs, Tried
from aiops.gateway.call_ids import new_id, time_of

DAYS = 90
WHOLE = timedelta(days=3)  # of which each call is there
BANDS = ((8, 0.28), (11, 0.27), (15, 0.33), (20, 0.12))  # hours (UTC) of the older sums, and their shares
SIMULATED = {"source": "simulated"}
_DAY = timedelta(days=1)
_SPREAD = 0.35
_WAITS = {"contract-terms": "person", "draft-reply": "deferred", "product-copy": "deferred"}
_OVERHEAD_MS = 2.2
_QUANTILES = tuple(math.exp(_SPREAD * NormalDist().inv_cdf((i + 0.5) / 12)) for i in range(12))
_CLASSES = ("input", "cached_input", "cache_write", "output", "reasoning")
_STAGES = ("recorder", "fallback", "kill_switch", "cache", "approval", "breaker", "router", "retrieval",
           "guardrails", "approach")  # fmt: skip  # short names, packed: they would fill the page


@dataclass(frozen=True, slots=True)
class Past:
    """What the records are made from. `serving` per feature, newest first; `keys`: public ids by tenant.

    `outputs` are what versions really answer; elsewhere an answer is the one that was expected.
    """

    now: datetime
    serving: Mapping[str, list[tuple[datetime, By]]]
    stop: Stopped
    keys: Mapping[str, str]
    tried: Tried | None = None
    outputs: Outputs = field(default_factory=dict)

    @property
    def whole_since(self) -> datetime:
        return (self.now - WHOLE).replace(minute=0, second=0, microsecond=0)

    def stopped(self, feature: str, at: datetime) -> bool:
        began, ended = self.stop.times(self.now)
        return feature == self.stop.feature and began <= at < ended

    def by(self, feature: str, caller: str, at: datetime) -> tuple[By, str]:
        """What served a call, and its arm."""
        if self.tried and self.tried.serves(feature, caller, at):
            return self.tried.by, "candidate"
        return served.at(self.serving[feature], at), "stable"

    def answer(self, by: By, said: shape.Sample) -> str:
        return self.outputs.get((by.version_id or 0, by.model, served.asked_for(said.inputs)), said.answer)


@dataclass(frozen=True, slots=True)
class End:
    """How a call ended. `asked`: a model was."""

    outcome: str = "answered"
    reason: str = ""
    served_by: str = ""
    cache: str = "miss"
    asked: bool = True
    error: str = ""


CACHED = End("cached", cache="hit-exact", asked=False)
STOPPED = End("degraded", "kill_switch", "text", "off", asked=False, error="Stopped (feature). Simulated.")
HELD = End("queued")
FAILED = End("degraded", "provider_error", "text", error="No model answered. The simulated vendor failed.")
LATE = End("degraded", "timeout", "text", error="No answer before the deadline.")
UNSCHEMED = End("degraded", "guardrail", "text", error="The answer is not what its schema asks for.")


def calls(past: Past) -> Iterator[dict[str, Any]]:
    """The records of the last days, in the order of time."""
    day = past.whole_since.replace(hour=0)
    while day < past.now:
        for at, slug, shop, draw in _of_day(day, past):
            if past.whole_since <= at < past.now:
                yield _record(past, at, slug, shop, draw)
        day += _DAY


def _of_day(day: datetime, past: Past) -> list[tuple[datetime, str, shape.Shop, Random]]:
    draw = Random(f"calls {day:%Y-%m-%d}")  # noqa: S311 - the same demo for everybody
    found = []
    for slug, shop in shape.SHOPS.items():
        for _ in range(round(shop.on(day, (past.now - day) / _DAY))):
            at = day + timedelta(seconds=shape.moment(draw))
            found.append((at, slug, shop, Random(draw.getrandbits(64))))  # noqa: S311 - as above
    return sorted(found, key=lambda row: row[0])


def _record(past: Past, at: datetime, tenant: str, shop: shape.Shop, draw: Random) -> dict[str, Any]:
    named, weights = shape.features(shop, list(past.serving))
    feature = draw.choices(named, weights)[0]
    user = f"agent-{1 + int(draw.paretovariate(1.1)) % 40}"
    by, arm = past.by(feature, f"{tenant}:{user}", at)
    said = shape.ask(feature, shop, draw)
    end = _end(past, feature, by, said.category, at, draw)
    call_id = new_id(at.timestamp(), draw.getrandbits(80))
    took = _took(by, end, draw)
    answer = past.answer(by, said)
    output = max(6, len(answer) // 4 or 70)
    tokens = dict.fromkeys(_CLASSES, 0)
    if end.asked and by.model and not end.error:
        tokens |= {"input": by.prompt_tokens + said.tokens, "output": output}
    return {
        "id": call_id, "at": time_of(call_id), "tenant": tenant, "feature": feature,
        "key": past.keys.get(tenant, ""), "user": user,
        "locale": said.locale, "category": said.category, "outcome": end.outcome, "reason": end.reason,
        "served_by": end.served_by, "cache": end.cache if by.model else "off", "approach": by.kind,
        "approach_name": by.name, "version_id": by.version_id, "version_number": by.number, "arm": arm,
        "model": by.model, "provider": "simulated" if by.model and end.asked else "",
        "finish_reason": "stop", "tokens": tokens, "unaccounted": "0", "latency_ms": took + _OVERHEAD_MS,
        "overhead_ms": _OVERHEAD_MS, "stream": draw.random() < 0.2, "checks": [], "error": end.error,
        "revision": 0, "ticket": "", "metadata": SIMULATED, "inputs": dict(said.inputs), "messages": [],
        "output": answer if end.outcome == "answered" else "", "passages": [],
        **_money(by, end, at, tokens, took), "spans": _spans(end, took),
    }  # fmt: skip  # pairs, read as a table


def _end(past: Past, feature: str, by: By, category: str, at: datetime, draw: Random) -> End:
    if past.stopped(feature, at):
        return STOPPED
    if not by.model:
        return End(cache="off", asked=False)
    if draw.random() < shape.REPEATED.get(feature, 0.0):
        return CACHED
    if feature == "draft-reply" and category == "warranty":
        return HELD
    return _failure(feature, draw.random())


def _failure(feature: str, chance: float) -> End:
    """One call in thirty or fifty fails; who waits for a person or a later try gets a ticket."""
    if waits := _WAITS.get(feature):
        return replace(FAILED, outcome="queued", served_by=waits) if chance < 0.03 else End()
    if chance < 0.018:
        return FAILED if chance < 0.012 else LATE
    return UNSCHEMED if feature == "support-summary" and chance < 0.03 else End()


def _took(by: By, end: End, draw: Random) -> float:
    """Milliseconds, without our own."""
    if end.outcome == "cached" or not end.asked:
        return 0.4 + draw.random()
    return by.median_ms * math.exp(_SPREAD * draw.gauss(0.0, 1.0))


def _money(by: By, end: End, at: datetime, tokens: Mapping[str, int], took: float) -> dict[str, Any]:
    """Its cost, and the attempt that it was for."""
    if not (end.asked and by.model):
        return {"cost": "0", "attempts": []}
    amount = served.cost(by.model, at, tokens)
    attempt = {
        "model": by.model, "provider": "simulated", "worst": str(amount * 4), "cost": str(amount),
        "leases": [], "hold": "", "begun_ms": 1.1, "latency_ms": took, "error": end.error,
        "tokens": {name: count for name, count in tokens.items() if count},
    }  # fmt: skip  # pairs, read as a table
    return {"cost": str(amount), "attempts": [attempt]}


def _spans(end: End, took: float) -> list[dict[str, Any]]:
    last = len(_STAGES) if end.asked else 4 if end.outcome == "cached" else 3
    total = took + _OVERHEAD_MS
    return [
        {
            "stage": name,
            "begun_ms": 0.1 * place,
            "ended_ms": total - 0.05 * place,
            "decision": {"cache": end.cache, "fallback": end.served_by}.get(name, ""),
            "facts": {},
        }
        for place, name in enumerate(_STAGES[:last])
    ]


def sums(past: Past) -> Iterator[dict[str, Any]]:
    """The hourly sums of the days before those whose calls are there."""
    day = past.whole_since.replace(hour=0) - _DAY * (DAYS - WHOLE.days)
    while day < past.whole_since:
        draw = Random(f"sums {day:%Y-%m-%d}")  # noqa: S311 - the same demo for everybody
        for slug, shop in shape.SHOPS.items():
            named, weights = shape.features(shop, list(past.serving))
            calls_of_day = shop.on(day, (past.now - day) / _DAY)
            for feature, weight in zip(named, weights, strict=True):
                yield from _bands(past, day, slug, feature, calls_of_day * weight / sum(weights), draw)
        day += _DAY


def _bands(
    past: Past, day: datetime, tenant: str, feature: str, count: float, draw: Random
) -> Iterator[dict[str, Any]]:
    shop = shape.SHOPS[tenant]
    for hour, share in BANDS:
        at = day.replace(hour=hour)
        calls_here = round(count * share * draw.uniform(0.85, 1.15))
        if not calls_here or at >= past.whole_since:
            continue
        said = shape.ask(feature, shop, draw)
        by = served.at(past.serving[feature], at)
        for end, part in _parts(past, feature, by, at, calls_here):
            yield _sum(at, tenant, feature, said, by, end, part)


def _parts(past: Past, feature: str, by: By, at: datetime, count: int) -> Iterator[tuple[End, int]]:
    """How many of an hour's calls ended how. Stopped is the hour within which the stop began."""
    if past.stopped(feature, at):
        yield STOPPED, count
        return
    failed = count // 60 if by.model else 0
    cached = round(count * shape.REPEATED.get(feature, 0.0)) if by.model else 0
    ends = (
        (CACHED, cached),
        (FAILED, failed),
        (End(cache="miss" if by.model else "off"), count - cached - failed),
    )
    yield from ((end, part) for end, part in ends if part)


def _sum(
    at: datetime, tenant: str, feature: str, said: shape.Sample, by: By, end: End, count: int
) -> dict[str, Any]:
    paid = count if by.model and end.outcome == "answered" else 0
    tokens = dict.fromkeys(_CLASSES, 0)
    tokens |= {"input": by.prompt_tokens + said.tokens, "output": max(6, len(said.answer) // 4 or 70)}
    amount = served.cost(by.model, at, tokens) * paid if paid else Decimal(0)
    return {
        "hour": at.isoformat(), "tenant": tenant, "feature": feature, "category": said.category,
        "locale": said.locale, "model": by.model, "approach_name": by.name, "arm": "stable",
        "outcome": end.outcome, "reason": end.reason, "served_by": end.served_by, "cache": end.cache,
        "calls": count, **{f"{name}_tokens": size * paid for name, size in tokens.items()},
        "cost": amount, "unaccounted": Decimal(0), "overhead_ms": _OVERHEAD_MS * count,
        "latency": _histogram(by.median_ms if paid else 3.0, count),
    }  # fmt: skip  # pairs, read as a table


def _histogram(median: float, count: int) -> dict[str, int]:
    """`count` latencies around a median, as the lognormal spreads them."""
    found: dict[str, int] = {}
    for place, factor in enumerate(_QUANTILES):
        part = count * (place + 1) // len(_QUANTILES) - count * place // len(_QUANTILES)
        if part:
            key = str(bucket(median * factor))
            found[key] = found.get(key, 0) + part
    return found
