"""Failures on demand: by a marker in a message, or by chance.

A message that contains `[[simulate:KIND]]` gets failure KIND, the last marker counts: `timeout`, `429`
(with a Retry-After of 2 s), `500`, `400`, `html` (a proxy's page instead of an answer), `truncated` (the
answer ends in the middle, finish reason "length"), `slow` (ten times the latency).
"""

from collections.abc import Sequence

import regex

from aiops.providers.errors import BadReply, RateLimited, Refused, ServerError
from aiops.providers.protocol import ChatRequest
from aiops.providers.simulated.draws import fraction, pick

_MARKER = regex.compile(r"\[\[simulate:(timeout|429|500|400|html|truncated|slow)\]\]")
_BY_CHANCE = ("timeout", "429", "500", "500", "html")


def asked_for(request: ChatRequest) -> str:
    """The kind of failure that the messages ask for, or nothing."""
    found = _MARKER.findall("\n".join(message.content for message in request.messages))
    return found[-1] if found else ""


def by_chance(rate: float, identity: Sequence[object]) -> str:
    """A kind of failure for a share `rate` of requests, else nothing."""
    return pick(_BY_CHANCE, "fault kind", *identity) if fraction("fault", *identity) < rate else ""


def slowness(fault: str) -> float:
    """By how much `fault` stretches the latency."""
    return 10.0 if fault == "slow" else 1.0


def raise_for(fault: str) -> None:
    """Raise the provider error that `fault` stands for; the others are no errors."""
    if fault == "429":
        raise RateLimited("The simulated vendor takes no more requests.", status=429, retry_after=2.0)
    if fault == "500":
        raise ServerError("The simulated vendor failed.", status=500)
    if fault == "400":
        raise Refused("The simulated vendor does not accept the request.", status=400)
    if fault == "html":
        raise BadReply("The simulated vendor sent a page of HTML instead of JSON.", status=200)
