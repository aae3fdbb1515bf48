"""When the approach may not or cannot answer: the feature's own list, first one that has an answer."""

import asyncio
from dataclasses import replace

from aiops.features import policy as policies
from aiops.gateway import ports
from aiops.gateway.errors import GatewayError, InvalidRequest, OutOfTime, Unanswered
from aiops.gateway.messages import Call, Handler, Reply, Served
from aiops.gateway.stages.approach import as_text
from aiops.gateway.stages.cache import key_of, usable
from aiops.gateway.stages.retrieval import answering, question_of

STOPPED = frozenset({"kill_switch", "flag_off"})  # a stopped feature never answers from the cache
LIMITS = frozenset({"budget", "rate_limit", "retry_loop"})
PATIENCE = 1.0  # seconds that a fallback may take, beyond the deadline: it is what still answers then


class Fallback:
    name = "fallback"

    def __init__(self, world: ports.World) -> None:
        self._world = world

    async def __call__(self, call: Call, onward: Handler) -> Reply:
        try:
            async with asyncio.timeout_at(call.deadline):
                return await onward(call)
        except Unanswered as error:
            why = error
        except TimeoutError:
            why = OutOfTime(f"No answer within {call.feature.policy.deadline_seconds:g} s.")
        if call.feature.kind == "embedding":
            raise why  # nothing else can stand for a vector
        if why.reason in LIMITS and call.feature.policy.breaker.when_over == "refuse":
            raise why
        return await self._instead(call, why)

    async def _instead(self, call: Call, why: Unanswered) -> Reply:
        for wanted in call.feature.policy.fallbacks:
            try:
                async with asyncio.timeout(PATIENCE):
                    reply = await self._try(wanted, call, why)
            except (GatewayError, TimeoutError, OSError) as error:
                call.trace.note(f"{wanted.kind} failed", error=str(error))
                continue
            if reply is not None:
                call.trace.note(wanted.kind, reason=why.reason, error=why.message)
                return replace(reply, error=why)
        raise why

    async def _try(self, wanted: policies.Fallback, call: Call, why: Unanswered) -> Reply | None:
        match wanted:
            case policies.CachedFallback():
                return await self._cached(wanted, call, why)
            case policies.SearchFallback():
                found = await self._world.library.search(call, question_of(call), wanted.passages)
                passages = answering(call, found)
                call.trace.passages = passages or call.trace.passages
                return _degraded(as_text(passages), "search", why, passages) if passages else None
            case policies.RulesFallback():
                return _degraded(await self._by_rules(wanted.rule_set, call), "rules", why)
            case policies.TextFallback():
                return _degraded(text_for(wanted, call.locale), "text", why)
            case policies.DeferredFallback():
                return await self._queued("deferred", wanted.for_seconds, call, why)
            case policies.PersonFallback():
                return await self._queued("person", wanted.within_seconds, call, why)

    async def _by_rules(self, name: str, call: Call) -> str:
        rules = call.picture.rule_sets.get(name)
        if rules is None:
            raise InvalidRequest(f"There is no rule set {name!r}.")
        return await self._world.approaches.answer(rules, call.inputs, call.locale)

    async def _cached(self, wanted: policies.CachedFallback, call: Call, why: Unanswered) -> Reply | None:
        if why.reason in STOPPED:
            return None
        found = await self._world.cache.find(key_of(call))
        if found is None or found.age > wanted.max_age_seconds or not usable(call, found.reply):
            return None
        return replace(found.reply, outcome="degraded", fallback=Served(why.reason, "cached"))

    async def _queued(self, kind: str, seconds: int, call: Call, why: Unanswered) -> Reply:
        ticket = await self._world.tickets.open(call, kind, why.reason, seconds=seconds)
        return Reply("queued", fallback=Served(why.reason, kind), ticket=ticket)


def text_for(wanted: policies.TextFallback, locale: str) -> str:
    """By the whole locale, by its language, else the text for all."""
    return wanted.by_locale.get(locale) or wanted.by_locale.get(locale.partition("-")[0]) or wanted.text


def _degraded(text: str, by: str, why: Unanswered, passages: tuple = ()) -> Reply:  # type: ignore[type-arg]  # of Passage
    return Reply("degraded", text=text, passages=passages, fallback=Served(why.reason, by))
