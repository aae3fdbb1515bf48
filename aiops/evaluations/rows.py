"""From an outcome to the row that is stored: output or error, tokens, cost, scores."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from aiops.approaches.face import Answer
from aiops.catalog.models import Price
from aiops.catalog.pricing import cost
from aiops.core.money import ZERO
from aiops.evaluations.caller import Job, Outcome
from aiops.evaluations.models import Result
from aiops.evaluations.scorers import judge_output
from aiops.evaluations.scorers.base import Scorer
from aiops.evaluations.work import Item
from aiops.providers import errors
from aiops.providers.protocol import ChatReply, Message

_SURROGATE = re.compile("[\ud800-\udfff]")
MAX_ERROR = 2000


def answered(
    item: Item, job: Job, outcome: Outcome, scorers: Mapping[str, Scorer], price: Price
) -> dict[str, Any]:
    """The row of a call that is over."""
    row = _blank(item, job.request.messages) | {"latency_ms": outcome.latency_ms}
    if outcome.reply is None:
        return row | _failure(job, outcome.error or RuntimeError("no reply and no error"))
    return row | _reply(outcome.reply, price) | {"scores": judge_output(outcome.reply.text, item, scorers)}


def decided(item: Item, answer: Answer, scorers: Mapping[str, Scorer]) -> dict[str, Any]:
    """The row of what a rule set or a classifier answered."""
    sure = f", {100 * answer.confidence:.0f} % sure" if answer.confidence is not None else ""
    return _blank(item, ()) | {
        "output": storable(answer.text),
        "explanation": storable(answer.explanation + sure),
        "fold": answer.fold,
        "latency_ms": answer.latency_ms,
        "attempts": 1,
        "scores": judge_output(answer.text, item, scorers),
    }


_TAKEN_OVER = (
    "output",
    "messages",
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "usage_reported",
    "latency_ms",
    "attempts",
    "finish_reason",
)


def reused(item: Item, original: Result, scorers: Mapping[str, Scorer]) -> dict[str, Any]:
    """The row of an output that an earlier run paid for: taken over for nothing, scored anew."""
    taken = {name: getattr(original, name) for name in _TAKEN_OVER}
    scores = judge_output(original.output, item, scorers)
    return _blank(item, ()) | taken | {"reused_from": original.pk, "scores": scores}


def refused(item: Item, kind: str, error: Exception) -> dict[str, Any]:
    """The row of a case that could not even be asked: its prompt does not render, an input is missing."""
    return _blank(item, ()) | {"error_kind": kind, "error": storable(str(error))[:MAX_ERROR]}


def _blank(item: Item, messages: Sequence[Message]) -> dict[str, Any]:
    return {
        "case_id": item.case_id,
        "repeat": item.repeat,
        "output": "",
        "error_kind": "",
        "error": "",
        "messages": [{"role": message.role, "content": storable(message.content)} for message in messages],
        "input_tokens": 0,
        "cached_input_tokens": 0,
        "cache_write_tokens": 0,
        "output_tokens": 0,
        "reasoning_tokens": 0,
        "usage_reported": True,
        "cost": ZERO,
        "judge_cost": ZERO,
        "unaccounted": ZERO,
        "latency_ms": None,
        "attempts": 0,
        "explanation": "",
        "fold": None,
        "reused_from": None,
        "finish_reason": "",
        "scores": [],
    }


def _reply(reply: ChatReply, price: Price) -> dict[str, Any]:
    return {
        "output": storable(reply.text),
        "input_tokens": reply.usage.input,
        "cached_input_tokens": reply.usage.cached_input,
        "cache_write_tokens": reply.usage.cache_write,
        "output_tokens": reply.usage.output,
        "reasoning_tokens": reply.usage.reasoning,
        "usage_reported": reply.usage_reported,
        "cost": cost(reply.usage, price),
        "attempts": reply.attempts,
        "finish_reason": storable(reply.finish_reason)[:40],
    }


def _failure(job: Job, error: Exception) -> dict[str, Any]:
    return {
        "error_kind": error_kind(error),
        "error": storable(str(error) or type(error).__name__)[:MAX_ERROR],
        "unaccounted": possible_cost(job, error),
        "attempts": getattr(error, "attempts", 1),
    }


def possible_cost(job: Job, error: Exception) -> Decimal:
    """A vendor that said no, or was never reached, bills nothing; after a timeout or a garbled answer
    nobody knows.
    """
    plain_no = isinstance(error, errors.ProviderError) and not isinstance(
        error, (errors.Timeout, errors.BadReply, errors.Broken)
    )
    return ZERO if plain_no else job.worst


def error_kind(error: Exception) -> str:
    """The error's class as a word that groups: `RateLimited` is "rate_limited"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(error).__name__).lower()[:60]


def storable(text: str) -> str:
    """`text` without what PostgreSQL can't keep: NUL, and halves of surrogate pairs."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text).replace("\x00", "\N{REPLACEMENT CHARACTER}")
