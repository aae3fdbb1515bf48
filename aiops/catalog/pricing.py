"""What a call costs, and what it can cost at most. USD as Decimal, exact: a rate has ten places.

Pure: a price is whatever has the rates of one, a row of the catalog or a part of the gateway's picture.
"""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from aiops.providers.protocol import Message, Usage

TOKENS_PER_MESSAGE = 16  # roles and separators of a chat template; the templates we know take 3 to 10
TOKENS_PER_SCHEMA = 512  # what a vendor wraps around a schema of the answer


class Priced(Protocol):
    """USD per token of each class; None: the vendor has no rate of its own for it."""

    @property
    def input(self) -> Decimal: ...
    @property
    def cached_input(self) -> Decimal | None: ...
    @property
    def cache_write(self) -> Decimal | None: ...
    @property
    def output(self) -> Decimal: ...
    @property
    def reasoning(self) -> Decimal | None: ...


class Rates(NamedTuple):
    """USD per token of every class, none left open, in the order of `Usage`'s fields."""

    input: Decimal
    cached_input: Decimal
    cache_write: Decimal
    output: Decimal
    reasoning: Decimal


def rates(price: Priced) -> Rates:
    """A class without a rate is billed as what it is part of: cache as input, reasoning as output."""
    if isinstance(price, Rates):
        return price
    return Rates(
        input=price.input,
        cached_input=price.input if price.cached_input is None else price.cached_input,
        cache_write=price.input if price.cache_write is None else price.cache_write,
        output=price.output,
        reasoning=price.output if price.reasoning is None else price.reasoning,
    )


def cost(usage: Usage, price: Priced) -> Decimal:
    """What `usage` costs at `price`. Its classes are disjoint, so the parts simply add up."""
    rate = rates(price)
    return (
        usage.input * rate.input
        + usage.cached_input * rate.cached_input
        + usage.cache_write * rate.cache_write
        + usage.output * rate.output
        + usage.reasoning * rate.reasoning
    )


def worst_case(
    messages: Iterable[Message], max_tokens: int, price: Priced, *, schema: Mapping[str, Any] | None = None
) -> Decimal:
    """What a call costs at most, in USD: every token in its dearest class.

    No tokenizer makes more tokens than a text has bytes in UTF-8, so bytes bound the input.
    """
    rate = rates(price)
    tokens = TOKENS_PER_MESSAGE + sum(
        len(message.content.encode(errors="replace")) + TOKENS_PER_MESSAGE for message in messages
    )
    if schema is not None:
        tokens += len(json.dumps(schema)) + TOKENS_PER_SCHEMA
    dearest_in = max(rate.input, rate.cached_input, rate.cache_write)
    return tokens * dearest_in + max(0, max_tokens) * max(rate.output, rate.reasoning)
