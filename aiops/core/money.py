"""Money: US dollars as Decimal with ten places, never float."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.db import models

PLACES = Decimal("0.0000000001")
ZERO = Decimal(0)


def quantize(amount: Decimal) -> Decimal:
    """`amount` in USD rounded to the ten places that are stored, half to even."""
    return amount.quantize(PLACES, rounding=ROUND_HALF_EVEN)


def usd(amount: Decimal | None) -> str:
    """`amount` for people: two places from a dollar up, below that enough digits to be non-zero.

    >>> usd(Decimal("1234.5")), usd(Decimal("0.000193800")), usd(Decimal(0))
    ('$1,234.50', '$0.000194', '$0.00')
    """
    if amount is None:
        return "–"
    if amount == 0 or abs(amount) >= 1:
        return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"
    places = max(2, 2 - amount.adjusted())
    return f"{'-' if amount < 0 else ''}${abs(amount):.{min(places, 10)}f}"


def money_field(**options: Any) -> "models.DecimalField[Any, Any]":
    """A database column for USD with ten places, up to 10^14."""
    return models.DecimalField(max_digits=24, decimal_places=10, **options)
