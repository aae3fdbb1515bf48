"""What a budget says, as a value: its amount, whether it is hard, and from which share on it warns. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aiops.core.money import ZERO, usd

NO_END = Decimal("Infinity")
MOST = Decimal(10) ** 13


@dataclass(frozen=True, slots=True)
class Limit:
    """`amount` in USD for each period. A soft one only warns; both warn from `soft_share` on."""

    amount: Decimal
    hard: bool = True
    soft_share: Decimal = Decimal("0.80")

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Limit":
        return cls(Decimal(stored["amount"]), stored["hard"], Decimal(stored["soft_share"]))

    def as_json(self) -> dict[str, Any]:
        return {
            "amount": f"{self.amount.normalize():f}",
            "hard": self.hard,
            "soft_share": f"{self.soft_share:.2f}",
        }

    @property
    def problem(self) -> str:
        """Why no budget can say this; "" where one can."""
        if not ZERO <= self.amount < MOST:
            return "The amount is 0 USD or more."
        return "" if 0 < self.soft_share <= 1 else "The warning share is above 0 and at most 1."

    def words(self) -> str:
        kind = "hard: nothing beyond it" if self.hard else "soft: warns, and lets calls through"
        return f"{usd(self.amount)}, {kind}, warns from {100 * self.soft_share:.0f} %"


def room_gained(before: Limit, wanted: Limit | None) -> Decimal:
    """How much more may be spent in a period than before, in USD. None: without any budget."""
    if not before.hard:
        return ZERO  # it held nothing back
    if wanted is None or not wanted.hard:
        return NO_END
    return max(ZERO, wanted.amount - before.amount)
