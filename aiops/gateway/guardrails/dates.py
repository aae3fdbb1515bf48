"""Dates in named fields of a structured answer are dates (ISO 8601), and lie in the feature's range."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from aiops.core.texts.answers import unfenced
from aiops.features.guardrail_policy import DatePolicy
from aiops.gateway.guardrails.base import Checker, Found, Tools, field_of
from aiops.gateway.messages import Call, Reply

NAME = "dates"


def checker(
    call: Call,
    tools: Tools,  # noqa: ARG001 - it needs nobody
    today: Callable[[], date] = lambda: datetime.now(UTC).date(),
) -> Checker | None:
    rules = call.feature.policy.guardrails.date_rules
    if not rules.fields:
        return None

    def check_reply(reply: Reply) -> Found:
        return check(reply.text, rules, today())

    return check_reply


def check(text: str, rules: DatePolicy, today: date) -> Found:
    """A field that is absent or null passes: whether it must be there is the schema's to say."""
    try:
        value = orjson.loads(unfenced(text))
    except ValueError:
        return Found(passed=False, reason="not JSON, so that it has no fields")
    problems, margins = [], []
    for name in rules.fields:
        problem, margin = _judged(name, field_of(value, name), rules, today)
        problems += [problem] if problem else []
        margins += [margin] if margin is not None else []
    return Found(passed=not problems, reason="; ".join(problems), margin=min(margins, default=None))


def _judged(name: str, value: Any, rules: DatePolicy, today: date) -> tuple[str, float | None]:
    """(what is wrong, how far from the limit: in days of 30)."""
    if value is None:
        return "", None
    try:
        found = datetime.fromisoformat(str(value)).date()
    except ValueError:
        return f"{name}: {str(value)[:60]!r} is not a date like 2026-03-01", None
    days = []
    if rules.earliest_days is not None:
        earliest = today + timedelta(days=rules.earliest_days)
        days.append((found - earliest).days)
        if found < earliest:
            return f"{name}: {found} is earlier than {earliest}", None
    if rules.latest_days is not None:
        latest = today + timedelta(days=rules.latest_days)
        days.append((latest - found).days)
        if found > latest:
            return f"{name}: {found} is later than {latest}", None
    return "", min(1.0, min(days) / 30) if days else None
