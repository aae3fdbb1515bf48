"""How a result's cost came about, line by line."""

from dataclasses import dataclass
from decimal import Decimal

from aiops.catalog.pricing import rates
from aiops.evaluations.models import Result

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """`tokens` at `rate` USD per million are `amount` USD."""

    name: str
    tokens: int
    rate: Decimal
    amount: Decimal


def lines_of(result: Result) -> list[Line]:
    """One line for each class of tokens that occurred, at the price of the run that paid for them."""
    price = (result.reused_from or result).run.price
    if price is None:
        return []
    rate = rates(price)
    classes = (
        ("Input", result.input_tokens, rate.input),
        ("Cached input", result.cached_input_tokens, rate.cached_input),
        ("Cache write", result.cache_write_tokens, rate.cache_write),
        ("Output", result.output_tokens, rate.output),
        ("Reasoning", result.reasoning_tokens, rate.reasoning),
    )
    return [Line(name, tokens, each * MILLION, tokens * each) for name, tokens, each in classes if tokens]
