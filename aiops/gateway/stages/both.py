"""A share of what a trained router decides is asked of the other model too, once the reply has left."""

import asyncio

from aiops.gateway.call_ids import new_id
from aiops.gateway.errors import GatewayError
from aiops.gateway.messages import Call, Handler, Reply, Trace
from aiops.gateway.routing import Routed

PAYER = "internal"  # the tenant of our own work
AT_ONCE = 8  # in one process: what would be one too many is left out, whichever it is
AFTER = 0.05  # seconds by which the reply has left


class Both:
    """`fresh` answers as the approach itself would, with a hold of its own, and records it."""

    def __init__(self, fresh: Handler) -> None:
        self._fresh = fresh
        self._under_way: set[asyncio.Task[None]] = set()

    def later(self, call: Call, reply: Reply, found: Routed) -> None:
        """Ask the other model beside the calls. Only where the first one's answer was given."""
        if reply.outcome != "answered" or reply.model != found.model or len(self._under_way) >= AT_ONCE:
            return
        task = asyncio.create_task(self._asked(call, found))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _asked(self, call: Call, found: Routed) -> None:
        await asyncio.sleep(AFTER)
        deadline = asyncio.get_running_loop().time() + call.feature.policy.deadline_seconds
        other = Routed(found.other, found.model, "asked of both", found.version, found.score, found.threshold)
        again = call.but(
            id=new_id(),
            deadline=deadline,
            stream=False,
            payer=PAYER,
            models=(),
            prepaid=None,
            metadata={"routes": call.id},
            trace=Trace(routed=other),
        )
        try:
            async with asyncio.timeout_at(deadline):
                await self._fresh(again)
        except (GatewayError, TimeoutError):
            return  # it is recorded; no money, or no answer: then there is nothing to compare
