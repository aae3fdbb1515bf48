"""What a guardrail is: given a call, a check of its answers; and what the check gives back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from aiops.gateway.messages import Call, Reply
from aiops.gateway.ports import Embedder, Queries

Settings = TypeVar("Settings")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Found:
    """What one check says of one answer.

    `margin` in 0..1: how far a good answer is from the limit, where there is one; 0 is on it.
    `structured`: the answer as it was read. `text`: the answer as it may go out, where the check mends it.
    """

    passed: bool
    reason: str = ""
    margin: float | None = None
    structured: Any = None
    text: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


PASSED = Found(passed=True)
Checker = Callable[[Reply], Found | Awaitable[Found]]


class Tools(Protocol):
    """What guardrails need of the world; `ports.World` has it."""

    @property
    def queries(self) -> Queries: ...

    @property
    def embedder(self) -> Embedder | None: ...


class Guardrail(Protocol):
    """A file beside this one. `NAME` is its name in records and on pages."""

    @property
    def NAME(self) -> str: ...  # noqa: N802 - a constant of a module

    def checker(self, call: Call, tools: Tools) -> Checker | None:
        """The check of this call's answers; None where there is nothing to check in them."""
        ...


class Compiled(Generic[Settings, Made]):
    """What is made of settings, once for as long as they are the same object: a picture's settings are."""

    MOST = 512

    def __init__(self, make: Callable[[Settings], Made]) -> None:
        self._make = make
        self._made: dict[int, tuple[Settings, Made]] = {}

    def of(self, settings: Settings) -> Made:
        known = self._made.get(id(settings))
        if known is not None and known[0] is settings:
            return known[1]
        made = self._make(settings)
        if len(self._made) >= self.MOST:
            self._made.clear()
        self._made[id(settings)] = (settings, made)
        return made


def field_of(value: Any, path: str) -> Any:
    """What stands at "order.total" in a structured answer; None where nothing does."""
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
