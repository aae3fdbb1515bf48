"""The same question in other words. Nothing is given before checks have proven that it holds.

Where no threshold is learnt, or the policy says `shadow`, a neighbour is found and held against the fresh
answer, and not served. Afterwards one that is alike enough is served, and a share of all that were found is
checked: of those served by a call of our own, once the reply has left.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from aiops.gateway import ports
from aiops.gateway.call_ids import new_id
from aiops.gateway.errors import GatewayError
from aiops.gateway.messages import Call, Handler, Reply, Trace, when_whole
from aiops.gateway.ports import Asked, Checked, Neighbour
from aiops.gateway.semantic.equivalence import equivalent
from aiops.gateway.semantic.partition import partition_of
from aiops.gateway.semantic.threshold import GRID
from aiops.gateway.semantic.veto import veto

PAYER = "internal"  # the tenant of our own work
AT_ONCE = 8  # checks of served answers, in one process
AFTER = 0.05  # seconds by which the reply has left


class Semantic:
    """`fresh` answers as the approach itself would, `chance` gives 0 up to 1.

    `embedded` has the neighbours by a model's vectors, `store` those by hashed ones.
    """

    def __init__(
        self,
        store: ports.Neighbours,
        fresh: Handler,
        chance: Callable[[], float] = random.random,
        embedded: ports.EmbeddedNeighbours | None = None,
    ) -> None:
        self._store = store
        self._embedded = embedded
        self._fresh = fresh
        self._chance = chance
        self._checks: set[asyncio.Task[None]] = set()

    async def __call__(self, call: Call, key: bytes, parts: list[object], onward: Handler) -> Reply:
        partition, question = partition_of(call, parts)
        if not question:
            return await onward(call)
        asked = Asked(key, partition, question)
        store = self._store_of(call)
        near = chosen(call, question, await _near(call, store, partition, question))
        policy = call.feature.policy.cache
        threshold = store.threshold(call.feature.slug) if policy.semantic == "on" else None
        checks = near is not None and (threshold is None or self._chance() < policy.check_share)
        if near is not None and threshold is not None and near.likeness >= threshold:
            if checks:
                self._check_later(call, asked, near)
            call.trace.cache = "hit-semantic"
            call.trace.note("hit", similarity=round(near.likeness, 4), age_seconds=round(near.cached.age))
            return replace(near.cached.reply, outcome="cached")
        return await self._asked(call, asked, near if checks else None, onward)

    def _store_of(self, call: Call) -> ports.Neighbours:
        return (self._embedded and self._embedded.of(call)) or self._store

    async def _asked(self, call: Call, asked: Asked, near: Neighbour | None, onward: Handler) -> Reply:
        """The fresh answer; it is kept, and `near` is held against it."""

        async def learn(reply: Reply) -> Reply:
            if not whole(reply):
                return reply
            self._store_of(call).keep(asked, call, float(call.feature.policy.cache.ttl_seconds))
            if near is not None:
                found = self._held_against(call, asked, near, reply, served=False)
                span = next(one for one in call.trace.spans if one.stage == "cache")
                span.facts["semantic"] = {"similarity": round(near.likeness, 4), "equivalent": found}
            return reply

        return await when_whole(await onward(call), learn)

    def _held_against(self, call: Call, asked: Asked, near: Neighbour, reply: Reply, *, served: bool) -> bool:
        found = equivalent(near.cached.reply, reply)
        self._store_of(call).checked(Checked(call, asked, near, reply.text, found, served))
        return found

    def _check_later(self, call: Call, asked: Asked, near: Neighbour) -> None:
        """Bounded: what would be one too many is left out, whichever it is."""
        if len(self._checks) >= AT_ONCE:
            return
        task = asyncio.create_task(self._checked(call, asked, near))
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    async def _checked(self, call: Call, asked: Asked, near: Neighbour) -> None:
        """Ask for a fresh answer, paid for by ourselves."""
        await asyncio.sleep(AFTER)
        deadline = asyncio.get_running_loop().time() + call.feature.policy.deadline_seconds
        again = call.but(
            id=new_id(),
            deadline=deadline,
            stream=False,
            payer=PAYER,
            metadata={"checks": call.id},
            trace=Trace(),
        )
        try:
            async with asyncio.timeout_at(deadline):
                reply = await self._fresh(again)
        except (GatewayError, TimeoutError):
            return
        if whole(reply):
            self._held_against(call, asked, near, reply, served=True)


async def _near(call: Call, store: ports.Neighbours, partition: bytes, question: str) -> Sequence[Neighbour]:
    try:
        return await store.near(partition, question)
    except ports.Late:
        call.trace.note("miss", neighbours="late")
        return ()


def whole(reply: Reply) -> bool:
    """The approach's own answer, to its end."""
    return reply.outcome == "answered" and reply.finish_reason == "stop" and not reply.tool_calls


def chosen(call: Call, question: str, near: Sequence[Neighbour]) -> Neighbour | None:
    """The nearest that nothing is against."""
    stopped = {stop.target for stop in call.picture.stops if stop.scope == "model"}
    usable = (
        one
        for one in near
        if one.likeness >= GRID[0]
        and one.cached.age <= call.feature.policy.cache.ttl_seconds
        and one.cached.reply.model not in stopped
    )
    return next((one for one in usable if not veto(question, one.question)), None)
