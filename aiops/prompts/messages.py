r"""The body of a `.prompt` file: role markers on lines of their own split it into messages.

    <<<system>>>
    Answer in one sentence.
    <<<user>>>
    {{ question }}

A line that should say `<<<user>>>` to the model is written `\<<<user>>>`: one backslash is taken off each
line that is backslashes and a marker. The line end before a marker, and the last one, belong to the file.
"""

import re
from collections.abc import Iterable, Iterator
from typing import cast

from aiops.core.errors import InvalidInput, Problem
from aiops.prompts.shape import ROLES, MessageRole, MessageTemplate

_MARKER = re.compile(r"(\\*)<<<\s*([A-Za-z_]+)\s*>>>[ \t]*\Z")


def split(body: str, first_line: int) -> tuple[MessageTemplate, ...]:
    """The messages of `body`, which begins at physical line `first_line`. Without a marker all is the user's.

    Raises InvalidInput with all that is wrong with the markers.
    """
    parts: list[tuple[str, int, list[str]]] = [("", first_line, [])]
    for line, text in enumerate(body.split("\n"), first_line):
        marker = _MARKER.match(text)
        if marker and not marker[1]:
            parts.append((marker[2], line + 1, []))
        else:
            parts[-1][2].append(text[1:] if marker else text)
    if problems := list(_problems(parts)):
        raise InvalidInput("the messages are not well marked", problems)
    named = parts[1:] or [("user", first_line, parts[0][2])]
    last = len(named) - 1
    return tuple(
        MessageTemplate(cast("MessageRole", role), _joined(lines, final=place == last), line)
        for place, (role, line, lines) in enumerate(named)
    )


def _joined(lines: list[str], *, final: bool) -> str:
    """Between markers each line has its end; only the file's last one may lack it."""
    return "\n".join(lines[:-1] if final and len(lines) > 1 and not lines[-1] else lines)


def _problems(parts: list[tuple[str, int, list[str]]]) -> Iterator[Problem]:
    before = next((place for place, text in enumerate(parts[0][2]) if text.strip()), None)
    if len(parts) > 1 and before is not None:
        yield Problem("text before the first role marker belongs to no message", parts[0][1] + before)
    for role, line, lines in parts[1:]:
        if role not in ROLES:
            yield Problem(
                f"<<<{role}>>> is no role: use {', '.join(ROLES)}, or \\<<<{role}>>> for the text itself",
                line - 1,
            )
        elif not any(text.strip() for text in lines):
            yield Problem(f"the {role} message is empty", line - 1)
    if len(parts) == 1 and before is None:
        yield Problem("the template is empty", parts[0][1])


def join(messages: Iterable[MessageTemplate]) -> str:
    """The body whose `split` gives `messages` again."""
    found = tuple(messages)
    if len(found) == 1 and found[0].role == "user":
        return _escaped(found[0].template) + "\n"
    return "".join(f"<<<{message.role}>>>\n{_escaped(message.template)}\n" for message in found)


def _escaped(template: str) -> str:
    return "\n".join(f"\\{line}" if _MARKER.match(line) else line for line in template.split("\n"))
