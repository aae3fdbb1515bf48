"""Calls and their hourly sums."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from aiops.core import clock
from aiops.core.latency import histogram
from aiops.gateway.call_ids import new_id
from aiops.gateway.models import Call, Quarantined, Rollup, SemanticCheck, SemanticThreshold
from aiops.gateway.queries import moment

SPANS = (
    ("recorder", 0.0, 90.0, "", {}),
    ("fallback", 0.1, 89.0, "", {}),
    ("breaker", 0.5, 88.0, "held", {"worst": "0.01"}),
    ("approach", 2.0, 87.0, "", {}),
)


def make_call(**values: Any) -> Call:
    """An answered call of now: 1,000 tokens in, 100 out, for 0.002 USD. `at` gives its id."""
    at = values.pop("at", None) or clock.now()
    call_id = values.pop("id", None) or new_id(at.timestamp())
    cost = Decimal(values.pop("cost", "0.002"))
    attempt = {
        "model": "small", "provider": "vendor", "worst": "0.01", "cost": str(cost), "leases": [], "hold": "h",
        "begun_ms": 3.0, "latency_ms": 80.0, "error": "",
        "tokens": {"input": 1000, "cached_input": 0, "cache_write": 0, "output": 100, "reasoning": 0},
    }  # fmt: skip  # pairs, read as a table
    facts: dict[str, Any] = {
        "tenant": "acme", "feature": "summary", "key": "acme0001", "user": "", "locale": "en",
        "category": "unknown", "outcome": "answered", "reason": "", "served_by": "", "cache": "miss",
        "approach": "prompt", "approach_name": "summary v3", "version_id": 3, "version_number": 3,
        "arm": "stable", "model": "small", "provider": "vendor", "finish_reason": "stop",
        "input_tokens": 1000,
        "cached_input_tokens": 0, "cache_write_tokens": 0, "output_tokens": 100, "reasoning_tokens": 0,
        "unaccounted": Decimal(0), "latency_ms": 90.0, "overhead_ms": 10.0, "stream": False,
        "attempts": [attempt], "checks": [], "error": "", "revision": 1, "ticket": "", "metadata": {},
        "spans": [
            {"stage": name, "begun_ms": begun, "ended_ms": ended, "decision": decision, "facts": noted}
            for name, begun, ended, decision, noted in SPANS
        ],
        "inputs": {"ticket": "Where is my lamp?"}, "messages": [["user", "Sort: Where is my lamp?"]],
        "output": "It is late.", "passages": [],
    }  # fmt: skip  # pairs, read as a table
    return Call.objects.create(**{**facts, "id": call_id, "at": moment(call_id), "cost": cost, **values})


def make_rollup(**values: Any) -> Rollup:
    """An hour's ten answered calls of 100 ms, for 0.02 USD in all."""
    hour = (values.pop("hour", None) or clock.now()).replace(minute=0, second=0, microsecond=0)
    calls = values.get("calls", 10)
    facts: dict[str, Any] = {
        "tenant": "acme", "feature": "summary", "category": "unknown", "locale": "en", "model": "small",
        "approach_name": "summary v3", "arm": "stable", "outcome": "answered", "reason": "", "served_by": "",
        "cache": "miss", "calls": calls, "input_tokens": 1000 * calls, "output_tokens": 100 * calls,
        "cost": Decimal("0.002") * calls, "overhead_ms": 1.0 * calls,
        "latency": {str(place): count for place, count in histogram([100.0] * calls).items()},
    }  # fmt: skip  # pairs, read as a table
    return Rollup.objects.create(hour=hour, **{**facts, **values})


def make_quarantined(**values: Any) -> Quarantined:
    return Quarantined.objects.create(**{"line": b'{"id": "broken"', "error": "no record", **values})


def make_old_partition() -> str:
    """The partition of January 2020, with a call in it; its name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT gateway_make_partitions('2020-01-01', 1)")
    make_call(at=datetime(2020, 1, 15, tzinfo=UTC))
    return "gateway_call_2020_01"


def make_cache_checks(checks: int = 299, false: int = 0, **given: Any) -> None:
    """Checks of stored answers, the first of them false."""
    facts = {"feature": "summary", "call_id": new_id(), "tenant": "acme", "similarity": 0.9, "served": False}
    SemanticCheck.objects.bulk_create(
        SemanticCheck(equivalent=number >= false, **{**facts, **given}) for number in range(checks)
    )


def make_cache_threshold(**given: Any) -> SemanticThreshold:
    facts = {"feature": "summary", "action": "learn", "threshold": 0.8, "checks": 299, "false": 0}
    return SemanticThreshold.objects.create(**{**facts, "target": 0.01, **given})
