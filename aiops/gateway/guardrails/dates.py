"""Dates in named fields of a structured answer are dates (ISO 8601), and lie in the feature's range."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from aiops.features.policy import DatePolicy
from aiops.gateway.guardrails.base import Found
from aiops.gateway.messages import Call, Check, Reply

NAME = "dates"


def checker(
    call: Call, today: Callable[[], date] = lambda: datetime.now(UTC).date()
) -> Callable[[Reply], Found] | None:
    mode, rules = call.feature.policy.guardrails.dates, call.feature.policy.guardrails.date_rules
    if mode == "off" or not rules.fields:
        return None
    return lambda reply: check(reply.text, rules, today(), enforced=mode == "enforce")


def check(text: str, rules: DatePolicy, today: date, *, enforced: bool) -> Found:
    """A field that is absent or null passes: whether it must be there is the schema's to say."""
    try:
        value = orjson.loads(text)
    except ValueError:
        return Found(
            Check(NAME, passed=False, reason="not JSON, so that it has no fields", enforced=enforced)
        )
    problems = [problem for name in rules.fields if (problem := _problem(name, value, rules, today))]
    return Found(Check(NAME, passed=not problems, reason="; ".join(problems), enforced=enforced))


def _problem(name: str, value: Any, rules: DatePolicy, today: date) -> str:
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return ""
    try:
        found = datetime.fromisoformat(str(value)).date()
    except ValueError:
        return f"{name}: {str(value)[:60]!r} is not a date like 2026-03-01"
    if rules.earliest_days is not None and found < today + timedelta(days=rules.earliest_days):
        return f"{name}: {found} is earlier than {today + timedelta(days=rules.earliest_days)}"
    if rules.latest_days is not None and found > today + timedelta(days=rules.latest_days):
        return f"{name}: {found} is later than {today + timedelta(days=rules.latest_days)}"
    return ""
