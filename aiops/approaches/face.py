"""What all approaches have: `answer(inputs, locale) -> Answer`."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from aiops.core.money import ZERO
from aiops.providers.protocol import Usage

NO_TOKENS = Usage()


@dataclass(frozen=True, slots=True)
class Answer:
    """What an approach says, what it took (`latency_ms` is ours, measured), and why it says so, in words.

    `confidence` is in 0..1; None where the approach has none. `fold` says which model of a classifier's
    training answered that had not seen the text; None: the version's own.
    """

    text: str
    latency_ms: float
    explanation: str
    usage: Usage = NO_TOKENS
    cost: Decimal = ZERO
    confidence: float | None = None
    fold: int | None = None


class Approach(Protocol):
    """A version that can do the task of its feature."""

    def answer(self, inputs: Mapping[str, str], locale: str = "") -> Answer:
        """Raises InvalidInput where `inputs` (variable -> text) lack something or cannot be worked on."""
        ...
