"""Passages that talk to the model ("ignore your instructions"): flagged, and if enforced neutralised.

`screened` looks at passages before the model does; the check tells the record and the page of it.
"""

from collections.abc import Sequence
from dataclasses import replace

from aiops.core.texts.answers import shorten
from aiops.core.texts.instructions import mark_in, neutralised
from aiops.features.guardrail_policy import Mode
from aiops.gateway.guardrails.base import PASSED, Checker, Found, Tools
from aiops.gateway.messages import Call, Passage, Reply

NAME = "injection"


def screened(passages: Sequence[Passage], mode: Mode) -> list[Passage]:
    """The passages, those with a mark flagged; where it is enforced, without the sentences that have one."""
    if mode == "off":
        return list(passages)
    return [_screened(one, clean=mode == "enforce") for one in passages]


def _screened(one: Passage, *, clean: bool) -> Passage:
    mark = mark_in(f"{one.title}\n{one.text}")
    if not mark:
        return one
    if not clean:
        return replace(one, flagged=mark)
    return replace(one, flagged=mark, title=neutralised(one.title), text=neutralised(one.text))


def checker(call: Call, tools: Tools) -> Checker | None:  # noqa: ARG001 - it needs nobody
    if not call.feature.policy.retrieval.on:
        return None
    flagged = [one for one in call.passages if one.flagged]

    def check_reply(reply: Reply) -> Found:
        if not flagged:
            return PASSED
        said = "; ".join(f"{one.document}: {shorten(one.flagged, 80)}" for one in flagged[:3])
        return Found(passed=False, reason=f"instructions in a passage: {said}", text=reply.text)

    return check_reply
