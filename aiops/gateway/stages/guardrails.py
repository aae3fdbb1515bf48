"""Checks of the output before anyone sees it. One that fails may be mended once by the model itself."""

from collections.abc import Sequence
from dataclasses import replace

from aiops.gateway.errors import Rejected, Unanswered
from aiops.gateway.guardrails import Armed, Found, Tools, checks_for
from aiops.gateway.messages import Call, Check, Handler, Reply
from aiops.gateway.ports import NO_TOOLS
from aiops.providers.protocol import Message


class Guardrails:
    name = "guardrails"

    def __init__(self, tools: Tools = NO_TOOLS) -> None:
        self._tools = tools

    async def __call__(self, call: Call, onward: Handler) -> Reply:
        armed = checks_for(call, self._tools)
        reply = await onward(call)
        if not armed or reply.tool_calls:
            return reply
        if reply.live is not None:
            return _observed(call, reply, armed)
        reply = await examined(call, reply, armed)
        if failures(reply) and call.feature.policy.guardrails.repair and call.models:
            reply = await _repaired(call, onward, reply, armed)
        if failed := failures(reply):
            call.trace.rejected = reply.text
            call.trace.note("failed", checks=[check.name for check in failed])
            raise Rejected(f"The output did not pass {failed[0].name}: {failed[0].reason}")
        call.trace.note("passed", checks=[check.name for check in reply.checks])
        return reply


async def examined(call: Call, reply: Reply, armed: Sequence[Armed]) -> Reply:
    """The reply with what every check found; each reads it as the checks before left it."""
    checks = []
    for one in armed:
        found = one.check(reply)
        if not isinstance(found, Found):
            found = await found
        mended = one.enforced and not found.passed and found.text is not None
        if mended and found.text is not None:
            reply = replace(reply, text=found.text)
        if found.structured is not None:
            reply = replace(reply, structured=found.structured)
        if found.facts:
            call.trace.note("", **{one.name: found.facts})
        passed = found.passed or mended
        checks.append(Check(one.name, passed, found.reason, one.enforced, found.margin, mended))
    call.trace.checks = tuple(checks)
    return replace(reply, checks=call.trace.checks)


def failures(reply: Reply) -> list[Check]:
    return [check for check in reply.checks if check.enforced and not check.passed]


async def _repaired(call: Call, onward: Handler, first: Reply, armed: Sequence[Armed]) -> Reply:
    """The model's second answer, paid for by a hold of its own; the first where there is no second."""
    wrong = failures(first)
    call.trace.rejected = first.text
    call.trace.note("repair", first=[check.name for check in wrong])
    try:
        again = await onward(_asked_again(call, first, wrong))
    except Unanswered as error:
        call.trace.note("repair failed", error=error.message)
        return first
    if again.tool_calls:
        return first
    second = await examined(call, again, armed)
    mended = {check.name for check in wrong}
    call.trace.checks = tuple(
        replace(check, repaired=check.passed and check.name in mended) for check in second.checks
    )
    return replace(second, checks=call.trace.checks)


def _asked_again(call: Call, reply: Reply, wrong: Sequence[Check]) -> Call:
    """The same question, with the answer that failed and what is wrong with it."""
    said = "; ".join(check.reason for check in wrong)
    told = f"Your answer was not accepted: {said}. Answer again, mending only this."
    again = (*call.rendered, Message("assistant", reply.text), Message("user", told))
    return call.but(rendered=again)


def _observed(call: Call, reply: Reply, armed: Sequence[Armed]) -> Reply:
    """Pieces that leave while they are written are looked at when all have left: nothing here is enforced."""

    async def look(whole: Reply) -> Reply:
        if whole.outcome != "answered" or whole.finish_reason == "cancelled" or whole.tool_calls:
            return whole
        return await examined(call, whole, [one._replace(enforced=False) for one in armed])

    if reply.live is not None:
        reply.live.then(look)
    return reply
