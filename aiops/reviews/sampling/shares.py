"""With which share each stratum of a batch is drawn (pure): set from counts alone, before the draw.

So every call of a stratum has the same, known chance, and the week's budget holds. Where that is tight, half
of it goes to the base share, which says something of all calls, and at least the week's minimum. Tails are
lowered together, never below the base share.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiops.reviews.models import Stratum

BURST = 2.0  # times its part of the budget that a busy hour may take, as long as the week has room
_ROUNDS = 40  # of halving: an error of 1e-12


@dataclass(frozen=True, slots=True)
class Week:
    """How the feature's week stands before a batch. `ahead`: calls expected after it, until the week ends."""

    budget: int  # items
    minimum: int  # random items
    drawn: int = 0
    random: int = 0
    ahead: float = 0.0

    def room(self, calls: int) -> float:
        """Items that a batch of so many calls may bring on average."""
        left = max(0, self.budget - self.drawn)
        part = calls / (calls + self.ahead) if calls else 0.0
        return min(float(left), BURST * part * left)

    def least(self, calls: int) -> float:
        """The share that brings the week to its minimum of random items."""
        wanted, expected = max(0, self.minimum - self.random), calls + self.ahead
        return min(1.0, wanted / expected) if expected else 0.0


def batch_shares(
    counts: Mapping[Stratum, int], shares: Mapping[str, float], base: float, week: Week
) -> dict[Stratum, float]:
    """The share of each stratum of `counts` (calls by stratum); `shares` and `base` are what is asked for."""
    calls = sum(counts.values())
    room, minimum = week.room(calls), week.least(calls)
    wanted = max(base, minimum)
    low = min(wanted, max(minimum, room / 2 / calls), room / calls) if calls else wanted
    tails: dict[Stratum, float] = {}
    tails.update((one, shares.get(one, 0.0)) for one in counts if one != Stratum.RANDOM)

    def at(least: float, scale: float = 1.0) -> dict[Stratum, float]:
        found: dict[Stratum, float] = {Stratum.RANDOM: least}
        found.update((stratum, min(1.0, max(least, scale * share))) for stratum, share in tails.items())
        return found

    def fits(found: Mapping[Stratum, float]) -> bool:
        return sum(counts.get(stratum, 0) * share for stratum, share in found.items()) <= room

    if not calls or fits(at(wanted)):
        return at(wanted)
    if fits(at(low)):
        return at(_greatest(low, wanted, lambda least: fits(at(least))))
    return at(low, _greatest(0.0, 1.0, lambda scale: fits(at(low, scale))))


def _greatest(low: float, high: float, fits: Callable[[float], bool]) -> float:
    """The greatest number in [low, high] that fits, given that `low` does."""
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def expected_items(counts: Mapping[Stratum, int], shares: Mapping[Stratum, float]) -> dict[Stratum, float]:
    """Items that each stratum brings on average."""
    return {stratum: counts.get(stratum, 0) * share for stratum, share in shares.items()}
