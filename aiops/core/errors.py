"""What people and programs are told when something may not or cannot be done.

    AiopsError                 the message is written for the person who asked
    ├── InvalidInput           what was given is wrong; `problems` says where
    ├── Conflict               somebody else was faster, or the thing is in use
    ├── NotFound               no such thing, or none that the person may see
    └── NotAllowed             the person lacks the permission

The text of an error says what is wrong, where, and what to do. It never holds a secret.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: physical line from 1 (None: the whole file), case id, what is wrong."""

    message: str
    line: int | None = None
    case: str | None = None

    def __str__(self) -> str:
        where = [f"line {self.line}"] if self.line else []
        where += [f"case {self.case}"] if self.case else []
        return f"{', '.join(where)}: {self.message}" if where else self.message


class AiopsError(Exception):
    """Something cannot be done as asked."""


class InvalidInput(AiopsError):
    """What was given is wrong. `problems` holds up to 50 places."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class Conflict(AiopsError):
    """The thing has changed meanwhile, or is in use."""


class NotFound(AiopsError):
    """There is no such thing."""


class NotAllowed(AiopsError):
    """The person lacks the permission."""
