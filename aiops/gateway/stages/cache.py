"""The same question again, word for word. Only answers that passed all checks are kept."""

import hashlib
from dataclasses import replace
from typing import Any

import orjson

from aiops.gateway import ports
from aiops.gateway.messages import Call, Handler, Reply, when_whole


class Cache:
    name = "cache"

    def __init__(self, store: ports.Cache) -> None:
        self._store = store

    async def __call__(self, call: Call, onward: Handler) -> Reply:
        policy = call.feature.policy.cache
        if not policy.on:
            return await onward(call)
        key = key_of(call)
        found = await self._store.find(key)
        if found is not None and found.age <= policy.ttl_seconds and usable(call, found.reply):
            call.trace.cache = "hit-exact"
            call.trace.note("hit", age_seconds=round(found.age))
            return replace(found.reply, outcome="cached")
        call.trace.cache = "miss"
        call.trace.note("miss")

        async def keep(reply: Reply) -> Reply:
            if reply.outcome == "answered" and reply.finish_reason == "stop" and not reply.tool_calls:
                await self._store.keep(key, call, reply, kept_for(call))
            return reply

        return await when_whole(await onward(call), keep)


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
    parameters = call.parameters
    parts: list[Any] = [
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
        dict(call.inputs),
        [[one.role, one.content, one.tool_calls, one.tool_call_id] for one in call.messages],
        parameters.max_tokens,
        parameters.temperature,
        parameters.seed,
        parameters.stop,
        parameters.response_schema,
        parameters.tools,
        parameters.tool_choice,
    ]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).digest()
