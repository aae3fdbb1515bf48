"""High-stakes answers wait until a person has approved, edited or rejected them."""

from aiops.gateway import ports
from aiops.gateway.messages import Call, Handler, Reply

WAIT = 86_400  # seconds that a held answer waits for a person


class Approval:
    name = "approval"

    def __init__(self, tickets: ports.Tickets) -> None:
        self._tickets = tickets

    async def __call__(self, call: Call, onward: Handler) -> Reply:
        reply = await onward(call)
        if not (holds(call) or near(call, reply)) or reply.outcome != "answered":
            return reply
        ticket = await self._tickets.open(call, "approval", "held", seconds=WAIT, held=reply)
        call.trace.note("held", ticket=ticket.id)
        return Reply(
            outcome="queued", ticket=ticket, model=reply.model, usage=reply.usage, checks=reply.checks
        )


def holds(call: Call) -> bool:
    """Whether answers to such calls wait for a person."""
    policy = call.feature.policy.approval
    return policy.hold == "all" or (policy.hold == "categories" and call.category in policy.categories)


def near(call: Call, reply: Reply) -> bool:
    """Whether the answer passed so narrowly that a person should look at it first."""
    limit = call.feature.policy.approval.near
    if limit is None:
        return False
    return any(check.margin is not None and check.margin <= limit for check in reply.checks)
