"""What changed between two versions: each message by lines and words, then the settings as their YAML."""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Protocol

from aiops.core import diffs
from aiops.prompts import front_matter

CONTEXT = 3


class Comparable(Protocol):
    """What has the content of a version: a stored one, or a draft."""

    messages: list[dict[str, str]]
    variables: dict[str, Any]
    parameters: dict[str, Any]
    output_schema: dict[str, Any] | None
    model: str


@dataclass(frozen=True, slots=True)
class Part:
    """One message, or the settings, of both versions."""

    title: str
    lines: list[diffs.Line]
    changed: bool

    @property
    def added(self) -> int:
        """How many lines only the later version has."""
        return sum(line.kind == "ins" for line in self.lines)

    @property
    def removed(self) -> int:
        """How many lines only the earlier version has."""
        return sum(line.kind == "del" for line in self.lines)


def compare(before: Comparable, after: Comparable, *, context: int | None = CONTEXT) -> list[Part]:
    """All parts in order; `context` None keeps every equal line."""
    parts = [
        _part(_title(old, new, place), _text(old), _text(new), context)
        for place, (old, new) in enumerate(zip_longest(before.messages, after.messages), 1)
    ]
    return [*parts, _part("Settings", settings_text(before), settings_text(after), context)]


def settings_text(version: Comparable) -> str:
    """Model, parameters, variables and output schema as the YAML that a file would have."""
    values: dict[str, Any] = {"model": version.model} if version.model else {}
    values |= {"parameters": version.parameters} if version.parameters else {}
    values["variables"] = version.variables
    if version.output_schema is not None:
        values["output_schema"] = version.output_schema
    return front_matter.write(values)


def _part(title: str, before: str, after: str, context: int | None) -> Part:
    return Part(title, diffs.lines(before, after, context), before != after)


def _title(old: dict[str, str] | None, new: dict[str, str] | None, place: int) -> str:
    was, now = (old or {}).get("role"), (new or {}).get("role")
    if was and now and was != now:
        return f"Message {place}: {was}, now {now}"
    suffix = "" if was and now else ", removed" if was else ", added"
    return f"Message {place}: {now or was}{suffix}"


def _text(message: dict[str, str] | None) -> str:
    return message["template"] if message else ""
