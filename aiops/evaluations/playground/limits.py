"""How much of the console and of the company's money the playground may use."""

from dataclasses import dataclass, fields
from decimal import Decimal

from django.conf import settings

MODELS = 3  # side by side


@dataclass(frozen=True, slots=True)
class Limits:
    """`seats` are trials under way in one process of the console: each takes one of its threads (eight, as
    `up` starts it), so the other threads stay free for pages.
    """

    ceiling: Decimal = Decimal("0.50")  # USD, of one call at worst
    seats: int = 3
    per_person: int = 2  # trials under way, over all processes
    longest: float = 120.0  # seconds, of one answer
    tick: float = 1.0  # seconds of silence, after which we look whether anybody still listens
    gather: float = 0.03  # seconds in which pieces are put together


def limits() -> Limits:
    """The limits in force: `PLAYGROUND` in the settings overrides single values."""
    given = getattr(settings, "PLAYGROUND", {})
    known = {field.name for field in fields(Limits)}
    return Limits(**{name: value for name, value in given.items() if name in known})
