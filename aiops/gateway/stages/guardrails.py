"""Checks of the output before anyone sees it. One that fails may be mended once by the model itself."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from aiops.gateway.errors import Rejected
from aiops.gateway.guardrails import Found, checks_for
from aiops.gateway.messages import Call, Check, Handler, Reply
from aiops.providers.protocol import Message

Checker = Callable[[Reply], Found]


class Guardrails:
    name = "guardrails"

    async def __call__(self, call: Call, onward: Handler) -> Reply:
        checkers = checks_for(call)
        reply = await onward(call)
        if reply.live is not None or reply.tool_calls or not checkers:
            return reply
        reply = examined(reply, checkers)
        if failures(reply) and call.feature.policy.guardrails.repair and call.models:
            call.trace.note("repair", first=[check.reason for check in failures(reply)])
            reply = examined(await onward(_asked_again(call, reply)), checkers)
        if failed := failures(reply):
            call.trace.note("failed", checks=[check.name for check in failed])
            raise Rejected(f"The output did not pass {failed[0].name}: {failed[0].reason}")
        call.trace.note("passed", checks=[check.name for check in reply.checks])
        return reply


def examined(reply: Reply, checkers: Sequence[Checker]) -> Reply:
    """The reply with what every check found."""
    found = [checker(reply) for checker in checkers]
    structured = next((one.structured for one in found if one.structured is not None), reply.structured)
    return replace(reply, structured=structured, checks=tuple(one.check for one in found))


def failures(reply: Reply) -> list[Check]:
    return [check for check in reply.checks if check.enforced and not check.passed]


def _asked_again(call: Call, reply: Reply) -> Call:
    """The same question, with the answer that failed and what is wrong with it."""
    wrong = "; ".join(check.reason for check in failures(reply))
    told = f"Your answer was not accepted: {wrong}. Answer again, mending only this."
    again = (*call.rendered, Message("assistant", reply.text), Message("user", told))
    return call.but(rendered=again)
