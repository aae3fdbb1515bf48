"""Who does something: a person, or a part of the system that acts by itself."""

from dataclasses import dataclass
from typing import Protocol


class Actor(Protocol):
    """Whoever may stand in the audit's "who". `accounts.User` is one."""

    @property
    def actor_id(self) -> str:
        """Stable for ever: "user:17", "system:beat"."""
        ...

    @property
    def actor_label(self) -> str:
        """What people read: an e-mail address, or the part's name."""
        ...


@dataclass(frozen=True, slots=True)
class SystemActor:
    """A part of aiops that acts without a person: a shell command, the worker, the demo."""

    name: str

    @property
    def actor_id(self) -> str:
        return f"system:{self.name}"

    @property
    def actor_label(self) -> str:
        return self.name
