"""The arithmetic of a call's price: tokens × rate per class, for each attempt, up to what it cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiops.catalog.models import Price
from aiops.catalog.pricing import rates
from aiops.core.money import ZERO
from aiops.gateway.models import Call

CLASSES = (
    ("input", "Input"),
    ("cached_input", "Cached input"),
    ("cache_write", "Cache write"),
    ("output", "Output"),
    ("reasoning", "Reasoning"),
)
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """`per_million` is the rate in USD per million tokens."""

    word: str
    tokens: int
    per_million: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """One attempt. `exact`: its lines add up to what was charged; `worst`: nobody knows, so that counts."""

    model: str
    provider: str
    lines: list[Line]
    amount: Decimal
    held: Decimal
    worst: bool
    error: str

    @property
    def exact(self) -> bool:
        return not self.worst and sum((line.amount for line in self.lines), ZERO) == self.amount


@dataclass(frozen=True, slots=True)
class Bill:
    items: list[Item]
    total: Decimal

    @property
    def given_back(self) -> Decimal:
        """What had been held for the attempts and was not needed."""
        return max(ZERO, sum((item.held - item.amount for item in self.items), ZERO))


def bill(call: Call) -> Bill:
    """By the prices that held when the call was made; in one query."""
    prices = _prices({attempt["model"] for attempt in call.attempts}, call.at)
    return Bill([_item(call, attempt, prices) for attempt in call.attempts], call.cost)


def _prices(names: Iterable[str], at: datetime) -> dict[str, Price]:
    begun = Price.objects.filter(model__name__in=list(names), effective_at__lte=at).select_related("model")
    return {price.model.name: price for price in begun.order_by("model", "effective_at")}


def _item(call: Call, attempt: Mapping[str, Any], prices: Mapping[str, Price]) -> Item:
    known, worst = attempt["cost"] is not None, Decimal(attempt["worst"])
    price = prices.get(attempt["model"])
    return Item(
        model=attempt["model"],
        provider=attempt["provider"],
        lines=_lines(_tokens(call, attempt), price) if price and known else [],
        amount=Decimal(attempt["cost"]) if known else worst,
        held=worst,
        worst=not known,
        error=attempt.get("error", ""),
    )


def _tokens(call: Call, attempt: Mapping[str, Any]) -> Mapping[str, int]:
    """The attempt's tokens; the call's own where there was only one attempt."""
    found: Mapping[str, int] = attempt.get("tokens") or {}
    if found or len(call.attempts) > 1:
        return found
    return {name: getattr(call, f"{name}_tokens") for name, _ in CLASSES}


def _lines(tokens: Mapping[str, int], price: Price) -> list[Line]:
    rate = rates(price)._asdict()
    return [
        Line(word, tokens[name], rate[name] * MILLION, rate[name] * tokens[name])
        for name, word in CLASSES
        if tokens.get(name)
    ]
