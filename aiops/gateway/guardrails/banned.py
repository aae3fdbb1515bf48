"""No banned word, and nothing that a banned pattern matches. RE2 reads patterns: its time is bounded."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import re2

from aiops.core.texts.answers import shorten
from aiops.core.texts.normalise import is_wide, normalised
from aiops.features.guardrail_policy import BannedPolicy, Term
from aiops.gateway.guardrails.base import PASSED, Checker, Compiled, Found, Tools
from aiops.gateway.messages import Call, Reply

NAME = "banned"


class Ban(NamedTuple):
    """One term, ready: `locale` in small letters, "" for all; `raw`: of the text as it is written."""

    locale: str
    shown: str
    pattern: Any
    raw: bool


def checker(call: Call, tools: Tools) -> Checker | None:  # noqa: ARG001 - it needs nobody
    rules = call.feature.policy.guardrails.banned_rules
    if not rules.terms:
        return None
    bans = [ban for ban in _BANS.of(rules) if concerns(ban.locale, call.locale)]

    def check_reply(reply: Reply) -> Found:
        return check(reply.text, bans)

    return check_reply if bans else None


def check(text: str, bans: Sequence[Ban]) -> Found:
    plain = normalised(text)
    for ban in bans:
        if ban.pattern.search(text if ban.raw else plain):
            return Found(passed=False, reason=f"it says what is banned: {shorten(ban.shown, 80)}")
    return PASSED


def bans_of(rules: BannedPolicy) -> list[Ban]:
    return [_ban(term) for term in rules.terms]


def _ban(term: Term) -> Ban:
    options = re2.Options()
    options.log_errors = False
    if term.pattern:
        return Ban(term.locale.lower(), term.text, re2.compile(term.text, options), raw=True)
    word = normalised(term.text)
    # Letters and digits of any script end a word; scripts without spaces have no such ends.
    before = "" if is_wide(word[:1]) else r"(?:^|[^\pL\pN])"
    after = "" if is_wide(word[-1:]) else r"(?:$|[^\pL\pN])"
    pattern = re2.compile(f"{before}{re2.escape(word)}{after}", options)
    return Ban(term.locale.lower(), term.text, pattern, raw=False)


def concerns(ban: str, locale: str) -> bool:
    """Whether a ban for one locale concerns calls of another: "de" does "de-CH"; no locale meets all."""
    said = locale.lower()
    return not ban or not said or said == ban or said.startswith(f"{ban}-")


_BANS: Compiled[BannedPolicy, list[Ban]] = Compiled(bans_of)
