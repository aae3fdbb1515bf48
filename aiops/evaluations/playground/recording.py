"""Every call of the playground as a row: before it leaves, and how it ended.

The money for all calls of a trial is held before the first one leaves, and charged as each of them ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from aiops.accounts.models import User
from aiops.budgets import spending
from aiops.budgets.ledger import NoRoom
from aiops.catalog.pricing import cost
from aiops.core import clock
from aiops.core.errors import Conflict
from aiops.core.money import ZERO
from aiops.datasets.models import Case
from aiops.evaluations.models import PlaygroundCall, Trial
from aiops.evaluations.playground.asking import Planned, total
from aiops.evaluations.playground.limits import limits
from aiops.evaluations.rows import MAX_ERROR, error_kind, storable
from aiops.gateway import inside
from aiops.gateway.inside import Bill
from aiops.prompts.models import Prompt, Version
from aiops.providers import errors
from aiops.providers.protocol import ChatReply, Usage
from aiops.tenants.models import INTERNAL

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
    """The trial and its calls, before any of them leaves: what a dead process spent can be explained.

    Raises Conflict, in words, where a budget leaves no room for all of them.
    """
    trial = Trial.objects.create(
        created_by=by,
        prompt=prompt,
        version=version,
        draft=storable(draft),
        inputs={name: storable(text) for name, text in inputs.items()},
        case=case,
    )
    purse = spending.Spending(_instance(trial), INTERNAL, _feature(trial), holds=1)
    try:
        purse.hold(total(planned))
    except NoRoom as full:
        raise Conflict(spending.refusal(full)) from None
    return trial, [_begun(trial, call) for call in planned]


def _instance(trial: Trial) -> str:
    """The name of its leases. They need no renewal: they hold money for these calls and no others."""
    return f"trial-{trial.pk}"


def _feature(trial: Trial) -> str:
    """The slug of the prompt's feature; "" where it has none, as rubrics."""
    feature = trial.prompt.feature
    return feature.slug if feature else ""


def _begun(trial: Trial, call: Planned) -> PlaygroundCall:
    return PlaygroundCall.objects.create(
        trial=trial,
        model=call.model,
        price=call.price,
        messages=[{"role": part.role, "content": storable(part.content)} for part in call.request.messages],
        unaccounted=call.worst,
    )


@transaction.atomic
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
    ended = PlaygroundCall.objects.filter(pk=call.pk, state=State.RUNNING).update(**values)
    if ended:
        _charge(call, values)
    for name, value in values.items():
        setattr(call, name, value)
    return call


def _charge(call: PlaygroundCall, values: Mapping[str, Any]) -> None:
    """Count what the call cost; with a trial's last one the rest of its money goes back."""
    usage = Usage(**{name: values.get(f"{name}_tokens", 0) for name in inside.TOKENS})
    bill = Bill(
        "playground",
        call.model.name,
        values.get("cost", ZERO),
        values.get("unaccounted", call.unaccounted),
        usage,
        answered=values["state"] == State.ANSWERED,
    )
    inside.add_up(_feature(call.trial), [bill])
    instance = _instance(call.trial)
    spending.charge([dict.fromkeys(spending.leases_of(instance), bill.cost + bill.unaccounted)])
    if not PlaygroundCall.objects.filter(trial=call.trial_id, state=State.RUNNING).exists():
        spending.close(instance)


class Lost(Exception):
    """The process that waited for the answer is gone."""


def bury() -> None:
    """End the calls whose process died: they may have been billed, and count at their worst case."""
    since = clock.now() - timedelta(seconds=limits().longest + 60)
    dead = PlaygroundCall.objects.filter(state=State.RUNNING, started_at__lt=since)
    for call in dead.select_related("model", "price", "trial__prompt__feature"):
        end(call, Heard(error=Lost("The console's process ended before the answer was whole.")))


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
    doubtful = isinstance(heard.error, errors.Timeout | errors.BadReply | errors.Broken)
    said_no = isinstance(heard.error, errors.ProviderError) and not doubtful
    return ZERO if said_no and not heard.text else call.unaccounted
