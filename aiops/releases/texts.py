"""The text of a version in parts, as its diff shows them and as comments name their lines."""

from dataclasses import dataclass, field
from typing import Any

from aiops.core.diffs import Line
from aiops.prompts.diff import Comparable, compare, settings_text
from aiops.prompts.models import Version
from aiops.releases.models import LineComment

SETTINGS = 0


@dataclass(slots=True)
class Nothing:
    """What a first version is read against."""

    messages: list[dict[str, str]] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    output_schema: dict[str, Any] | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the diff with what was said about it."""

    line: Line
    comments: list[LineComment]

    @property
    def can_be_commented(self) -> bool:
        return self.line.after is not None


@dataclass(frozen=True, slots=True)
class Part:
    """A message (from 1) or the settings (0) of the version under review."""

    number: int
    title: str
    rows: list[Row]
    added: int
    removed: int
    changed: bool


def lines_of(version: Version, part: int) -> list[str]:
    """The lines of a message, from 1, or of the settings, 0; none where there is no such part."""
    if part == SETTINGS:
        return settings_text(version).splitlines()
    messages: list[dict[str, str]] = version.messages
    return messages[part - 1]["template"].splitlines() if 0 < part <= len(messages) else []


def diff(
    before: Comparable | None, version: Version, comments: list[LineComment], *, whole: bool = False
) -> list[Part]:
    """Every part of `version` against `before`, its lines with the comments of this cycle."""
    said: dict[tuple[int | None, int | None], list[LineComment]] = {}
    for comment in comments:
        said.setdefault((comment.part, comment.line), []).append(comment)
    options = {"context": None} if whole else {}
    parts = compare(before or Nothing(), version, **options)
    numbers = [*range(1, len(parts)), SETTINGS]
    return [
        Part(
            number=number,
            title=part.title,
            rows=[Row(line, said.get((number, line.after), [])) for line in part.lines],
            added=part.added,
            removed=part.removed,
            changed=part.changed,
        )
        for number, part in zip(numbers, parts, strict=True)
    ]
