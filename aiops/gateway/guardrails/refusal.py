"""The answer does not decline to answer, in the six languages that `core.texts.refusals` knows."""

from aiops.core.texts.answers import shorten
from aiops.core.texts.refusals import refusal_in
from aiops.gateway.guardrails.base import PASSED, Checker, Found, Tools
from aiops.gateway.messages import Call, Reply

NAME = "refusal"


def checker(call: Call, tools: Tools) -> Checker | None:  # noqa: ARG001 - it needs nobody
    return check_reply


def check_reply(reply: Reply) -> Found:
    try:
        sign = refusal_in(reply.text)
    except TimeoutError:
        return PASSED  # a text that keeps the patterns busy so long is not the usual turn of phrase
    return Found(passed=False, reason=f"it declines: {shorten(sign, 80)}") if sign else PASSED
