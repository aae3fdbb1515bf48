"""The record of one call: what the spool keeps and Postgres gets. Plain values only."""

from collections.abc import Mapping
from dataclasses import asdict
from operator import attrgetter
from typing import Any

from aiops.gateway.call_ids import time_of
from aiops.gateway.messages import Attempt, Call, Check, Reply, Span

_CLASSES = ("input", "cached_input", "cache_write", "output", "reasoning")
_COUNTS = attrgetter(*_CLASSES)


def record_of(call: Call, reply: Reply) -> dict[str, Any]:
    """A JSON object: money as text, times in milliseconds, `at` (the beginning) in seconds since 1970 UTC."""
    trace = call.trace
    latency = trace.elapsed_ms()
    last = trace.attempts[-1] if trace.attempts else None
    return {
        "id": call.id,
        "at": time_of(call.id),
        "tenant": call.payer or call.tenant,
        "feature": call.feature.slug,
        "key": call.key.id,
        "user": call.user,
        "locale": call.locale,
        "category": call.category,
        "outcome": reply.outcome,
        "reason": _reason(reply),
        "served_by": reply.fallback.by if reply.fallback else _own(call),
        "cache": trace.cache,
        "approach": call.approach.kind,
        "approach_name": call.approach.name,
        "version_id": call.approach.version_id,
        "version_number": call.approach.number,
        "arm": call.arm if not call.payer else "internal",
        "model": reply.model,
        "provider": last.provider if last else "",
        "finish_reason": reply.finish_reason,
        "tokens": _tokens(trace.attempts),
        "cost": str(trace.cost),
        "unaccounted": str(sum([one.worst for one in trace.attempts if one.cost is None])),
        "latency_ms": latency,
        "overhead_ms": max(0.0, latency - trace.waited_ms),
        "stream": call.stream,
        "attempts": [_attempt(attempt) for attempt in trace.attempts],
        "spans": [_span(span) for span in trace.spans],
        "checks": [_check(check) for check in trace.checks],
        "error": reply.error.message if reply.error else "",
        "revision": call.picture.revision,
        "ticket": reply.ticket.id if reply.ticket else "",
        "metadata": dict(call.metadata),
        **(_texts(call, reply) if call.feature.policy.keep_text else {}),
    }


def _own(call: Call) -> str:
    """What a call of our own is for: the other model of a router, or a check of the cache."""
    if not call.payer:
        return ""
    return "both" if "routes" in call.metadata else "shadow"


def _reason(reply: Reply) -> str:
    if reply.fallback:
        return reply.fallback.reason
    return getattr(reply.error, "reason", reply.error.code) if reply.error else ""


def _tokens(attempts: list[Attempt]) -> Mapping[str, int]:
    if len(attempts) == 1:  # nearly always
        return dict(zip(_CLASSES, _COUNTS(attempts[0].usage), strict=True))
    return {name: sum(getattr(attempt.usage, name) for attempt in attempts) for name in _CLASSES}


def _span(span: Span) -> dict[str, Any]:  # by hand: ten of them in each call
    return {
        "stage": span.stage,
        "begun_ms": span.begun_ms,
        "ended_ms": span.ended_ms,
        "decision": span.decision,
        "facts": span.facts,
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "passed": check.passed,
        "reason": check.reason,
        "enforced": check.enforced,
        "margin": check.margin,
        "mended": check.mended,
        "repaired": check.repaired,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    known = attempt.cost is not None
    return {
        "model": attempt.model,
        "provider": attempt.provider,
        "worst": str(attempt.worst),
        "cost": str(attempt.cost) if known else None,
        "leases": list(attempt.leases),
        "hold": attempt.hold,
        "begun_ms": attempt.begun_ms,
        "latency_ms": attempt.latency_ms,
        "error": attempt.error,
        "tokens": {
            name: count for name, count in zip(_CLASSES, _COUNTS(attempt.usage), strict=True) if count
        },
    }


def _texts(call: Call, reply: Reply) -> dict[str, Any]:
    """Of a check of our own nothing; but the answer of the other model, which a router is held against."""
    if call.payer:
        return {"output": reply.text} if "routes" in call.metadata else {}
    return {
        "inputs": dict(call.inputs),
        "messages": [[message.role, message.content] for message in call.trace.asked or call.messages],
        "output": reply.text,
        "rejected": call.trace.rejected or None,
        "passages": [asdict(passage) for passage in call.trace.passages],
    }
