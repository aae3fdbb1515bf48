"""The answer is neither too short nor too long. Scripts without spaces count words by characters."""

from aiops.core.texts.normalise import words
from aiops.features.guardrail_policy import LengthPolicy
from aiops.gateway.guardrails.base import Checker, Found, Tools
from aiops.gateway.messages import Call, Reply

NAME = "length"


def checker(call: Call, tools: Tools) -> Checker | None:  # noqa: ARG001 - it needs nobody
    rules = call.feature.policy.guardrails.length_rules
    if rules.least is None and rules.most is None:
        return None

    def check_reply(reply: Reply) -> Found:
        return check(reply.text, rules)

    return check_reply


def check(text: str, rules: LengthPolicy) -> Found:
    length = len(text.strip()) if rules.unit == "characters" else len(words(text))
    if rules.least is not None and length < rules.least:
        return Found(passed=False, reason=f"{length} {rules.unit}, fewer than {rules.least}")
    if rules.most is not None and length > rules.most:
        return Found(passed=False, reason=f"{length} {rules.unit}, more than {rules.most}")
    margins = [(rules.most - length) / rules.most] if rules.most is not None else []
    margins += [(length - rules.least) / length] if rules.least and length else []
    return Found(passed=True, margin=min(margins, default=None))
