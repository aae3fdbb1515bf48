"""The guardrails of a feature's calls. To add one: a file with a `checker`, and a line in `checks_for`."""

from collections.abc import Callable

from aiops.gateway.guardrails import dates, json_schema
from aiops.gateway.guardrails.base import Found
from aiops.gateway.messages import Call, Reply

__all__ = ["Found", "checks_for", "may_stream"]


def checks_for(call: Call) -> list[Callable[[Reply], Found]]:
    """What the output of `call` has to pass, or is observed for."""
    found = (json_schema.checker(call), dates.checker(call))
    return [checker for checker in found if checker is not None]


def may_stream(call: Call) -> bool:
    """Whether pieces of the answer may leave before it is whole: nothing has to look at all of it first."""
    held = call.feature.policy.approval.hold != "none"
    return not held and not call.parameters.tools and not checks_for(call)
