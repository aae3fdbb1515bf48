"""A guideline as the grading page shows it: its first list as points to check, the rest opens (pure)."""

import re
from dataclasses import dataclass

from django.utils.safestring import SafeString

from aiops.core.shown import as_markdown

# Where a feature has no guideline of its own yet.
COMMON = """- It does what was asked, all of it, and nothing that was not asked.
- Every fact stands in the input or in a passage; the number after it is the right one.
- Names, dates and amounts are exact.
- It is written in the language of the input, plainly and kindly.
"""
_POINT = re.compile(r"[-*+]\s+(.*)")


@dataclass(frozen=True, slots=True)
class Guidance:
    points: list[SafeString]
    more: SafeString | str  # "": the points are all


def guidance(text: str) -> Guidance:
    """`text` is Markdown. Without a list there are no points, and all of it is `more`."""
    lines = text.strip().splitlines()
    points, rest = _first_list(lines)
    more = "\n".join(rest).strip()
    return Guidance([as_markdown(point) for point in points], as_markdown(more) if more else "")


def _first_list(lines: list[str]) -> tuple[list[str], list[str]]:
    """The items of the first list, and all other lines. An indented line goes on with its item."""
    points: list[str] = []
    rest: list[str] = []
    over = False
    for line in lines:
        found = None if over else _POINT.match(line)
        if found:
            points.append(found[1])
        elif points and not over and line[:1] in {" ", "\t"}:
            points[-1] += "\n" + line.strip()
        else:
            over = bool(points)
            rest.append(line)
    return points, rest
