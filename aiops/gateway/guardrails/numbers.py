"""Numbers in named fields of a structured answer, or in the text, lie in the feature's ranges."""

from typing import Any

import orjson

from aiops.core.texts.answers import unfenced
from aiops.core.texts.numbers import numbers_in
from aiops.features.guardrail_policy import NumberPolicy, NumberRange
from aiops.gateway.guardrails.base import Checker, Found, Tools, field_of
from aiops.gateway.messages import Call, Reply

NAME = "numbers"
ANY = "*"  # the field that is every number in the text


def checker(call: Call, tools: Tools) -> Checker | None:  # noqa: ARG001 - it needs nobody
    rules = call.feature.policy.guardrails.number_rules
    if not rules.ranges:
        return None
    locale = call.locale

    def check_reply(reply: Reply) -> Found:
        return check(reply.text, rules, locale)

    return check_reply


def check(text: str, rules: NumberPolicy, locale: str = "") -> Found:
    """A field that is absent or null passes: whether it must be there is the schema's to say."""
    value: Any = None
    if any(one.field != ANY for one in rules.ranges):
        try:
            value = orjson.loads(unfenced(text))
        except ValueError:
            return Found(passed=False, reason="not JSON, so that it has no fields")
    problems: list[str] = []
    margins: list[float] = []
    for one in rules.ranges:
        for given in numbers_in(text, locale) if one.field == ANY else [field_of(value, one.field)]:
            number = _number(given, locale)
            if problem := _problem(one, given, number):
                problems.append(problem)
            elif number is not None:
                margins.append(margin_of(one, number))
    return Found(passed=not problems, reason="; ".join(problems[:5]), margin=min(margins, default=None))


def _number(given: Any, locale: str) -> float | None:
    """The number that a field holds, also as text; None where it holds none."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        return float(given)
    found = numbers_in(given, locale) if isinstance(given, str) and len(given) < 100 else []
    return found[0] if len(found) == 1 else None


def _problem(one: NumberRange, given: Any, number: float | None) -> str:
    where = "a number in the text" if one.field == ANY else one.field
    if number is None:
        return "" if given is None else f"{where}: {str(given)[:60]!r} is not a number"
    if one.at_least is not None and not number >= one.at_least:
        return f"{where}: {number:g} is less than {one.at_least:g}"
    if one.at_most is not None and not number <= one.at_most:
        return f"{where}: {number:g} is more than {one.at_most:g}"
    return ""


def margin_of(one: NumberRange, number: float) -> float:
    """How far the number is from the nearer end, as a share of the range, or of the one end that there is."""
    ends = [end for end in (one.at_least, one.at_most) if end is not None]
    size = abs(ends[1] - ends[0]) if len(ends) == 2 else abs(ends[0])
    nearest = min(abs(number - end) for end in ends)
    return min(1.0, nearest / size) if size else float(nearest > 0)
