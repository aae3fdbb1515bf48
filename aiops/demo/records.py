"""Call records of the demo's past, as the gateway would have written them. Simulated, and labelled so.

The last days are whole calls, stored by the gateway's own path, so that their hourly sums come from them. The
ninety days before are sums alone, at four hours of each day: nobody opens single calls of those, and a
hundred thousand of them would take a minute to load. Their shape is chosen, not measured.
"""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from aiops.demo import served, shape
from aiops.demo.deciding import Stopped
from aiops.demo.routing import Routing
from aiops.demo.served import By, Outputs, Tried
from aiops.gateway.call_ids import new_id, time_of
from aiops.gateway.models import INTERNAL_ARM
from aiops.gateway.routing import Routed
from aiops.tenants.models import INTERNAL

DAYS = 90
WHOLE = timedelta(days=3)  # of which each call is there
LEARNT = timedelta(days=12)  # since then answers to questions in other words are given
SIMULATED = {"source": "simulated"}
_DAY = timedelta(days=1)
SPREAD = 0.35
_WAITS = {"contract-terms": "person", "draft-reply": "deferred", "product-copy": "deferred"}
OVERHEAD_MS = 2.2
CLASSES = ("input", "cached_input", "cache_write", "output", "reasoning")
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
    routing: Routing | None = None

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

    def routed(self, feature: str, at: datetime, said: shape.Sample) -> Routed | None:
        """What the router said, where the feature had one by then."""
        return self.routing.of(feature, at, said) if self.routing else None

    def similar(self, feature: str, at: datetime) -> float:
        """The share of calls that got the answer to another question."""
        return shape.SIMILAR.get(feature, 0.0) if at >= self.now - LEARNT else 0.0

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


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: who asked what, what served it, and how it ended."""

    at: datetime
    tenant: str
    user: str
    feature: str
    said: shape.Sample
    by: By
    arm: str
    end: End
    routed: Routed | None = None


CACHED = End("cached", cache="hit-exact", asked=False)
SIMILAR = End("cached", cache="hit-semantic", asked=False)
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
                one = _asked(past, at, slug, shop, draw)
                first = record(past, one, draw)
                yield first
                if other := _other(past, one, first["id"], draw):
                    yield other
        day += _DAY


def earlier(past: Past, since: datetime, features: Collection[str]) -> Iterator[dict[str, Any]]:
    """Records of these features from the day of `since` on, before those that are stored: to be counted."""
    day = since.replace(hour=0, minute=0, second=0, microsecond=0)
    while day < past.whole_since:
        for at, slug, shop, draw in _of_day(day, past):
            one = _asked(past, at, slug, shop, draw)
            if one.feature in features and at < past.whole_since:
                yield record(past, one, draw)
        day += _DAY


def _of_day(day: datetime, past: Past) -> list[tuple[datetime, str, shape.Shop, Random]]:
    draw = Random(f"calls {day:%Y-%m-%d}")  # noqa: S311 - the same demo for everybody
    found = []
    for slug, shop in shape.SHOPS.items():
        for _ in range(round(shop.on(day, (past.now - day) / _DAY))):
            at = day + timedelta(seconds=shape.moment(draw))
            found.append((at, slug, shop, Random(draw.getrandbits(64))))  # noqa: S311 - as above
    return sorted(found, key=lambda row: row[0])


def _asked(past: Past, at: datetime, tenant: str, shop: shape.Shop, draw: Random) -> Asked:
    named, weights = shape.features(shop, list(past.serving))
    feature = draw.choices(named, weights)[0]
    user = f"agent-{1 + int(draw.paretovariate(1.1)) % 40}"
    by, arm = past.by(feature, f"{tenant}:{user}", at)
    said = shape.ask(feature, shop, draw)
    end = _end(past, feature, by, said.category, at, draw)
    routed = past.routed(feature, at, said) if end.asked else None
    if routed:
        by = replace(by, model=routed.model)
    return Asked(at, tenant, user, feature, said, by, arm, end, routed)


def record(past: Past, one: Asked, draw: Random) -> dict[str, Any]:
    """What the gateway would have written of the call."""
    by, said, end = one.by, one.said, one.end
    call_id = new_id(one.at.timestamp(), draw.getrandbits(80))
    took = _took(by, end, draw)
    answer = past.answer(by, said)
    output = max(6, len(answer) // 4 or 70)
    tokens = dict.fromkeys(CLASSES, 0)
    if end.asked and by.model and not end.error:
        tokens |= {"input": by.prompt_tokens + said.tokens, "output": output}
    return {
        "id": call_id, "at": time_of(call_id), "tenant": one.tenant, "feature": one.feature,
        "key": past.keys.get(one.tenant, ""), "user": one.user,
        "locale": said.locale, "category": said.category, "outcome": end.outcome, "reason": end.reason,
        "served_by": end.served_by, "cache": end.cache if by.model else "off", "approach": by.kind,
        "approach_name": by.name, "version_id": by.version_id, "version_number": by.number, "arm": one.arm,
        "model": by.model, "provider": "simulated" if by.model and end.asked else "",
        "finish_reason": "stop", "tokens": tokens, "unaccounted": "0", "latency_ms": took + OVERHEAD_MS,
        "overhead_ms": OVERHEAD_MS, "stream": draw.random() < 0.2, "checks": [], "error": end.error,
        "revision": 0, "ticket": "", "metadata": SIMULATED, "inputs": dict(said.inputs), "messages": [],
        "output": answer if end.outcome == "answered" else "", "passages": [],
        **_money(by, end, one.at, tokens, took), "spans": _spans(end, took, one.routed),
    }  # fmt: skip  # pairs, read as a table


def _other(past: Past, one: Asked, first: str, draw: Random) -> dict[str, Any] | None:
    """What the other model answered, for a share of what the router decided; charged to ourselves."""
    routed, routing = one.routed, past.routing
    if not routed or not routing or routed.why != "score" or one.end != End():
        return None
    if draw.random() * 100 >= routing.share:
        return None
    by = replace(one.by, model=routed.other)
    made = record(past, replace(one, by=by, at=one.at + timedelta(seconds=1), routed=None), draw)
    metadata = {**SIMULATED, "routes": first}
    own = {
        "tenant": INTERNAL,
        "arm": INTERNAL_ARM,
        "served_by": "both",
        "cache": "off",
        "metadata": metadata,
    }
    return {**made, **own, "inputs": None, "messages": None, "passages": None}


def _end(past: Past, feature: str, by: By, category: str, at: datetime, draw: Random) -> End:
    if past.stopped(feature, at):
        return STOPPED
    if not by.model:
        return End(cache="off", asked=False)
    chance, again = draw.random(), shape.REPEATED.get(feature, 0.0)
    if chance < again:
        return CACHED
    if chance < again + past.similar(feature, at):
        return SIMILAR
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
    return by.median_ms * math.exp(SPREAD * draw.gauss(0.0, 1.0))


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


def _spans(end: End, took: float, routed: Routed | None) -> list[dict[str, Any]]:
    last = len(_STAGES) if end.asked else 4 if end.outcome == "cached" else 3
    total = took + OVERHEAD_MS
    said = {"cache": end.cache, "fallback": end.served_by, "router": routed.model if routed else ""}
    return [
        {
            "stage": name,
            "begun_ms": 0.1 * place,
            "ended_ms": total - 0.05 * place,
            "decision": said.get(name, ""),
            "facts": routed.facts() if routed and name == "router" else {},
        }
        for place, name in enumerate(_STAGES[:last])
    ]
