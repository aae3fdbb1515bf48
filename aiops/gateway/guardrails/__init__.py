"""The guardrails of a feature's calls. To add one: a file with a `checker`, and a line in `RAILS`.

Each is off, observes, or is enforced (`features.guardrail_policy`). One that is off costs a call nothing.
"""

from typing import NamedTuple

from aiops.gateway.guardrails import (
    banned,
    dates,
    grounding,
    injection,
    json_schema,
    language,
    length,
    numbers,
    personal,
    refusal,
    sql,
    typed,
)
from aiops.gateway.guardrails.base import Checker, Found, Guardrail, Tools
from aiops.gateway.messages import Call
from aiops.gateway.picture import Picture
from aiops.gateway.ports import NO_TOOLS

__all__ = ["RAILS", "Armed", "Found", "Tools", "checks_for", "may_stream", "warm"]

RAILS: dict[str, Guardrail] = {  # by the setting that turns it on
    "personal": personal,
    "json_schema": json_schema,
    "typed": typed,
    "dates": dates,
    "numbers": numbers,
    "sql": sql,
    "grounding": grounding,
    "language": language,
    "banned": banned,
    "refusal": refusal,
    "length": length,
    "injection": injection,
}


class Armed(NamedTuple):
    """A check of one call's answers; `enforced` False: it only observes."""

    name: str
    enforced: bool
    check: Checker


def checks_for(call: Call, tools: Tools = NO_TOOLS) -> list[Armed]:
    """What the output of `call` has to pass, or is observed for, in the order of checking."""
    armed = []
    for setting, enforced in call.feature.policy.guardrails.active:
        rail = RAILS[setting]
        if (check := rail.checker(call, tools)) is not None:
            armed.append(Armed(rail.NAME, enforced, check))
    return armed


def may_stream(call: Call) -> bool:
    """Whether pieces of the answer may leave before it is whole: nothing has to look at all of it first.

    What only observes may read the answer after it has gone; an answer with a schema is always whole.
    """
    approval = call.feature.policy.approval
    if approval.hold != "none" or approval.near is not None or call.parameters.tools:
        return False
    return not any(one.enforced or one.name == json_schema.NAME for one in checks_for(call))


def warm(picture: Picture) -> None:
    """Load what is slow to load and some feature's guardrails need: at the change of a policy, in no call."""
    active = {name for one in picture.features.values() for name, _ in one.policy.guardrails.active}
    if "language" in active:
        language.load()
    if "personal" in active:
        personal.load()
