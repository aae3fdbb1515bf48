"""Money for calls under way, held before each call, so that concurrency can't carry a run past its ceiling.

Holds are leased from the run's row in slices of several calls, and spent from memory; near the ceiling the
slices shrink to one call.
"""

from decimal import Decimal

from aiops.core.money import ZERO
from aiops.evaluations import store
from aiops.evaluations.claims import Claim


class Purse:
    """What one shard may spend. Without a ceiling everything fits and nothing is held."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.limited = claim.run.ceiling is not None
        self.free = ZERO  # leased, not promised to a call
        self.promised = ZERO  # to calls that are not over

    @property
    def held(self) -> Decimal:
        """What the shard holds of the run's ceiling, in USD; `store.write` makes it known."""
        return self.free + self.promised

    def hold(self, worst: Decimal) -> bool:
        """Promise `worst` USD to a call; False where it does not fit under the ceiling now."""
        if not self.limited:
            return True
        if not self.fits(worst):
            return False
        self.free -= worst
        self.promised += worst
        return True

    def fits(self, worst: Decimal) -> bool:
        """Whether another call could be paid for; if so, the money for it is leased."""
        return self.free >= worst or self._lease(worst)

    def _lease(self, worst: Decimal) -> bool:
        missing = worst - self.free
        for amount in (worst * self.claim.slots, missing):
            if amount >= missing and store.lease(self.claim, amount):
                self.free += amount
                return True
        return False

    def settle(self, worst: Decimal) -> None:
        """The call that `worst` was promised to is over; the next write counts its true cost instead."""
        if self.limited:
            self.promised -= worst

    def free_again(self, worst: Decimal) -> None:
        """The call was not made after all."""
        if self.limited:
            self.promised -= worst
            self.free += worst

    def surrender(self) -> None:
        """Give up the unpromised rest with the next write, so that other shards can have it."""
        self.free = ZERO
