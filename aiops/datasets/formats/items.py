"""What a parser yields: a raw case, a problem, or a note on what could not be taken over."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from aiops.core.errors import Problem


@dataclass(frozen=True, slots=True)
class RawCase:
    """An object of a file, not yet checked, and the physical line (from 1) where it begins."""

    line: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a file of another tool says and a case here cannot."""

    message: str
    line: int | None = None

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


Item: TypeAlias = RawCase | Problem | Note
