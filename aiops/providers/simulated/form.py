"""The form of an answer: JSON as asked, or the ways in which models spoil it."""

import json
from collections.abc import Mapping
from typing import Any

from aiops.providers.simulated.brief import Brief
from aiops.providers.simulated.competence import goes_wrong
from aiops.providers.simulated.draws import pick

_ONLY = (
    r"json only|only (?:the |valid )?json|nothing but (?:the )?json|nothing else"
    r"|no (?:prose|other text|markdown|code fence)"
)


def wants_json(brief: Brief) -> bool:
    return brief.schema is not None or brief.says(r"\bjson\b")


def as_json(brief: Brief, values: Mapping[str, Any]) -> str:
    """`values` as JSON; sometimes with a preface, fenced or cut off, the less the more it is forbidden."""
    text = json.dumps(values, ensure_ascii=False)
    rate = 0.12 * (0.25 if brief.says(_ONLY) else 1.0) * (0.6 if brief.schema else 1.0)
    return _spoilt(brief, text) if goes_wrong(brief, "form", rate) else text


def _spoilt(brief: Brief, text: str) -> str:
    kind = pick(("fence", "preface", "preface", "unclosed"), "spoilt", brief.seed, brief.text)
    if kind == "fence":
        return f"```json\n{text}\n```"
    return f"Here is the result:\n{text}" if kind == "preface" else text.rstrip("}")


def as_word(brief: Brief, word: str) -> str:
    """A single word; sometimes inside a sentence where the prompt does not forbid it."""
    rate = 0.10 * (
        0.2 if brief.says(f"{_ONLY}|only the (?:label|category)|one word|(?:label|category) only") else 1.0
    )
    if not goes_wrong(brief, "form", rate):
        return word
    return pick(
        (f"Label: {word}", f"{word} – the customer writes about this.", f"**{word}**"), "spoilt", brief.text
    )
