"""Every call of the playground as a row: before it leaves, and how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from aiops.accounts.models import User
from aiops.catalog.pricing import cost
from aiops.core import clock
from aiops.core.money import ZERO
from aiops.datasets.models import Case
from aiops.evaluations.models import PlaygroundCall, Trial
from aiops.evaluations.playground.asking import Planned
from aiops.evaluations.rows import MAX_ERROR, error_kind, storable
from aiops.prompts.models import Prompt, Version
from aiops.providers import errors
from aiops.providers.protocol import ChatReply

State = PlaygroundCall.State


@dataclass(slots=True)
class Heard:
    """What came of a call, milliseconds since it left. `latency_ms` is None while it is under way."""

    text: str = ""
    reply: ChatReply | None = None
    error: Exception | None = None
    first_ms: float | None = None
    latency_ms: float | None = None

    @property
    def over(self) -> bool:
        return self.latency_ms is not None


@transaction.atomic
def begin(
    *,
    by: User,
    prompt: Prompt,
    version: Version | None,
    draft: str,
    inputs: Mapping[str, str],
    case: Case | None,
    planned: Sequence[Planned],
) -> tuple[Trial, list[PlaygroundCall]]:
    """The trial and its calls, before any of them leaves: what a dead process spent can be explained."""
    trial = Trial.objects.create(
        created_by=by,
        prompt=prompt,
        version=version,
        draft=storable(draft),
        inputs={name: storable(text) for name, text in inputs.items()},
        case=case,
    )
    return trial, [_begun(trial, call) for call in planned]


def _begun(trial: Trial, call: Planned) -> PlaygroundCall:
    return PlaygroundCall.objects.create(
        trial=trial,
        model=call.model,
        price=call.price,
        messages=[{"role": part.role, "content": storable(part.content)} for part in call.request.messages],
        unaccounted=call.worst,
    )


def end(call: PlaygroundCall, heard: Heard, scores: Sequence[Mapping[str, Any]] = ()) -> PlaygroundCall:
    """Write down how `call` ended; a call that is over already stays as it is."""
    values: dict[str, Any] = {
        "output": storable(heard.text),
        "first_ms": heard.first_ms,
        "latency_ms": heard.latency_ms,
        "finished_at": clock.now(),
        **_outcome(call, heard),
        "scores": list(scores),
    }
    PlaygroundCall.objects.filter(pk=call.pk, state=State.RUNNING).update(**values)
    for name, value in values.items():
        setattr(call, name, value)
    return call


def _outcome(call: PlaygroundCall, heard: Heard) -> dict[str, Any]:
    if heard.reply is not None:
        return _answered(call, heard.reply)
    if heard.error is None:
        return {"state": State.STOPPED, "error": "Stopped before the answer was whole."}
    return {
        "state": State.FAILED,
        "error_kind": error_kind(heard.error),
        "error": storable(str(heard.error) or type(heard.error).__name__)[:MAX_ERROR],
        "unaccounted": _possible_cost(call, heard),
        "attempts": getattr(heard.error, "attempts", 1),
    }


def _answered(call: PlaygroundCall, reply: ChatReply) -> dict[str, Any]:
    usage = reply.usage
    return {
        "state": State.ANSWERED,
        "output": storable(reply.text),
        "input_tokens": usage.input,
        "cached_input_tokens": usage.cached_input,
        "cache_write_tokens": usage.cache_write,
        "output_tokens": usage.output,
        "reasoning_tokens": usage.reasoning,
        "usage_reported": reply.usage_reported,
        "cost": cost(usage, call.price),
        "unaccounted": ZERO,
        "attempts": reply.attempts,
        "finish_reason": storable(reply.finish_reason)[:40],
    }


def _possible_cost(call: PlaygroundCall, heard: Heard) -> Decimal:
    """Nothing where the vendor said no or was never reached; once it has begun to answer, nobody knows."""
    doubtful = isinstance(heard.error, errors.Timeout | errors.BadReply)
    said_no = isinstance(heard.error, errors.ProviderError) and not doubtful
    return ZERO if said_no and not heard.text else call.unaccounted
