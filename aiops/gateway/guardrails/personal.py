"""Personal data in the answer: masked, or refused with it (ADR 0083)."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from aiops.core.texts import personal
from aiops.features.guardrail_policy import PersonalPolicy
from aiops.gateway.guardrails.base import PASSED, Checker, Found, Tools
from aiops.gateway.messages import Call, Reply

NAME = "personal"
WORDS = {
    "email": ("e-mail address", "e-mail addresses"),
    "phone": ("phone number", "phone numbers"),
    "card": ("card number", "card numbers"),
    "iban": ("bank account (IBAN)", "bank accounts (IBAN)"),
    "address": ("internet address", "internet addresses"),
}


def checker(call: Call, tools: Tools) -> Checker | None:  # noqa: ARG001 - it needs nobody
    rules, locale = call.feature.policy.guardrails.personal_rules, call.locale
    if not rules.kinds:
        return None

    def check_reply(reply: Reply) -> Found:
        return check(reply.text, rules, locale)

    return check_reply


def check(text: str, rules: PersonalPolicy, locale: str = "") -> Found:
    """The reason counts what was found, and repeats none of it."""
    counted: Counter[str] = Counter()

    def mask(part: str) -> str:
        return personal.masked(part, rules.kinds, locale, counted)

    out = masked_answer(text, mask)
    if not counted:
        return PASSED
    reason = ", ".join(f"{n} {WORDS[kind][n > 1]}" for kind, n in counted.items())
    return Found(passed=False, reason=f"it holds {reason}", text=out if rules.act == "mask" else None)


def masked_answer(text: str, mask: Callable[[str], str]) -> str:
    """`text` masked; what is JSON stays JSON."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return mask(text)
        out = _walked(value, mask)
        return text if out == value else json.dumps(out, ensure_ascii=False)
    return mask(text)


def _walked(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {mask(name): _walked(part, mask) for name, part in value.items()}
    if isinstance(value, list):
        return [_walked(part, mask) for part in value]
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if (out := mask(str(value))) == str(value) else out
    return value


def load() -> None:
    """Load the tables of phone numbers."""
    personal.masked("+49 30 901820", ("phone",))
