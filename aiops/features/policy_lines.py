"""Settings written one a line: rules, ranges, terms; and JSON. What is not understood the policy refuses."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Lines:
    """From the stored value to text, and back."""

    shown: Callable[[Any], str]
    meant: Callable[[str], Any]


def _each(line_of: Callable[[Mapping[str, Any]], str], part_of: Callable[[str], dict[str, Any]]) -> Lines:
    def shown(value: Sequence[Mapping[str, Any]]) -> str:
        return "\n".join(map(line_of, value))

    def meant(text: str) -> list[dict[str, Any]]:
        return [part_of(line.strip()) for line in text.splitlines() if line.strip()]

    return Lines(shown, meant)


def _rule(line: str) -> dict[str, Any]:
    """`sim-small: category=a,b at_most=500`."""
    model, _, conditions = line.partition(":")
    rule: dict[str, Any] = {"model": model.strip()}
    for condition in conditions.split():
        name, _, value = condition.partition("=")
        names = {"category": "categories", "locale": "locales"}
        if name in names:
            rule[names[name]] = [part for part in value.split(",") if part]
        else:
            rule[f"{name}_characters"] = value
    return rule


def rule_line(rule: Mapping[str, Any]) -> str:
    parts = [f"{rule['model']}:"]
    parts += [f"category={','.join(rule['categories'])}"] if rule["categories"] else []
    parts += [f"locale={','.join(rule['locales'])}"] if rule["locales"] else []
    for name in ("at_most", "at_least"):
        parts += [f"{name}={rule[f'{name}_characters']}"] if rule[f"{name}_characters"] is not None else []
    return " ".join(parts)


def _range(line: str) -> dict[str, Any]:
    """`order.total: 0..5000`; either end may be missing."""
    field, _, ends = line.rpartition(":")
    low, _, high = ends.partition("..")
    return {"field": field.strip(), "at_least": low.strip() or None, "at_most": high.strip() or None}


def _range_line(part: Mapping[str, Any]) -> str:
    low, high = ("" if part[end] is None else f"{part[end]:.15g}" for end in ("at_least", "at_most"))
    return f"{part['field']}: {low}..{high}"


def _term(line: str) -> dict[str, Any]:
    """`word`, `/pattern/`, `de: Wort`, `de: /Muster/`."""
    before, colon, after = line.partition(":")
    in_locale = (
        bool(colon) and before.replace("-", "").isalnum() and 2 <= len(before) <= 12 and after[:1] == " "
    )
    locale, text = (before, after.strip()) if in_locale else ("", line)
    pattern = len(text) > 2 and text.startswith("/") and text.endswith("/")
    return {"locale": locale, "text": text[1:-1] if pattern else text, "pattern": pattern}


def _term_line(part: Mapping[str, Any]) -> str:
    text = f"/{part['text']}/" if part["pattern"] else str(part["text"])
    return f"{part['locale']}: {text}" if part["locale"] else text


def _json_shown(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=1)


def _json_meant(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text  # the policy says that it is no object


LINES = {
    "rules": _each(rule_line, _rule),
    "ranges": _each(_range_line, _range),
    "terms": _each(_term_line, _term),
    "json": Lines(_json_shown, _json_meant),
}
