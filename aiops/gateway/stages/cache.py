"""The same question again: word for word, then in other words. Only what passed all checks is kept."""

import asyncio
import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from aiops.gateway import ports
from aiops.gateway.messages import Call, Handler, Reply, when_whole
from aiops.gateway.stages.semantic import Semantic, whole


class Cache:
    name = "cache"

    def __init__(self, store: ports.Cache, semantic: Semantic | None = None) -> None:
        self._store = store
        self._semantic = semantic
        self._flights: dict[bytes, Flight] = {}  # calls under way whose answer will be kept

    async def __call__(self, call: Call, onward: Handler) -> Reply:
        if not call.feature.policy.cache.on:
            return await onward(call)
        key = key_of(call)
        found = await self._found(call, key)
        if found is None and (first := self._flights.get(key)) is not None and await first.landed():
            found = await self._found(call, key)
        if found is not None:
            call.trace.cache = "hit-exact"
            call.trace.note("hit", age_seconds=round(found.age))
            return replace(found.reply, outcome="cached")
        call.trace.cache = "miss"
        call.trace.note("miss")
        return await self._first(call, key, onward)

    async def _found(self, call: Call, key: bytes) -> ports.Cached | None:
        found = await self._store.find(key)
        if found is None or not usable(call, found.reply):
            return None
        return found if found.age <= call.feature.policy.cache.ttl_seconds else None

    async def _first(self, call: Call, key: bytes, onward: Handler) -> Reply:
        """Ask, while the same calls that come meanwhile wait for this one."""
        flight = self._flights[key] = Flight(call.deadline)

        async def keep(reply: Reply) -> Reply:
            if whole(reply):
                await self._store.keep(key, call, reply, kept_for(call))
            self._end(key, flight)
            return reply

        async def asked(call: Call) -> Reply:
            return await when_whole(await onward(call), keep)

        try:
            if self._semantic is None or call.feature.policy.cache.semantic == "off":
                return await asked(call)
            reply = await self._semantic(call, key, parts_of(call), asked)
        except BaseException:
            self._end(key, flight)
            raise
        if reply.outcome == "cached":
            self._end(key, flight)
        return reply

    def _end(self, key: bytes, flight: "Flight") -> None:
        flight.over.set()
        if self._flights.get(key) is flight:
            del self._flights[key]


@dataclass(slots=True)
class Flight:
    """A call that others like it wait for: until it is answered, fails, or has no time left."""

    until: float  # of the event loop's clock
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def landed(self) -> bool:
        """Whether it ended in time. A stream whose caller has gone may never."""
        try:
            async with asyncio.timeout_at(self.until):
                return await self.over.wait()
        except TimeoutError:
            return False


def usable(call: Call, reply: Reply) -> bool:
    """An answer of a model that is stopped is not given again."""
    return all(stop.scope != "model" or stop.target != reply.model for stop in call.picture.stops)


def kept_for(call: Call) -> float:
    """Seconds: as long as the cache itself or the feature's fallback may use it."""
    oldest = [one.max_age_seconds for one in call.feature.policy.fallbacks if one.kind == "cached"]
    return float(max([call.feature.policy.cache.ttl_seconds, *oldest]))


def key_of(call: Call) -> bytes:
    """32 bytes, made once for each call."""
    trace = call.trace
    if not trace.question:
        trace.question = _key(call)
    return trace.question


def _key(call: Call) -> bytes:
    """Whatever may change an answer is part of it, the tenant too unless the feature shares."""
    said = [[one.role, one.content, one.tool_calls, one.tool_call_id] for one in call.messages]
    parts = [*parts_of(call), dict(call.inputs), said]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).digest()


def parts_of(call: Call) -> list[Any]:
    """What may change an answer beside inputs and messages."""
    parameters = call.parameters
    return [
        "" if call.feature.policy.cache.shared else call.tenant,
        call.feature.slug,
        call.approach.kind,
        call.approach.name,
        call.approach.version_id,
        call.approach.model,
        call.feature.knowledge_revision,
        call.feature.policy_number,
        call.locale,
        call.category,
        parameters.max_tokens,
        parameters.temperature,
        parameters.seed,
        parameters.stop,
        parameters.response_schema,
        parameters.tools,
        parameters.tool_choice,
    ]
