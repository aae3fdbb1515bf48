from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from aiops.catalog.models import Price
from aiops.catalog.pricing import cost, rates, worst_case
from aiops.providers.protocol import Message, Usage

RATE = st.decimals(min_value=0, max_value=1, places=10, allow_nan=False)
MAYBE = st.none() | RATE
COUNT = st.integers(min_value=0, max_value=10**9)
PRICES = st.builds(Price, input=RATE, output=RATE, cached_input=MAYBE, cache_write=MAYBE, reasoning=MAYBE)
USAGES = st.builds(Usage, COUNT, COUNT, COUNT, COUNT, COUNT)
FLAT = Price(input=Decimal("0.000001"), output=Decimal("0.000004"))


def test_cost_of_each_class_has_its_own_rate():
    price = Price(
        input=Decimal(1),
        cached_input=Decimal(10),
        cache_write=Decimal(100),
        output=Decimal(1000),
        reasoning=Decimal(0),
    )
    assert cost(Usage(1, 2, 3, 4, 5), price) == Decimal(4321)


def test_class_without_rate_costs_what_it_is_part_of():
    assert rates(FLAT) == (FLAT.input, FLAT.input, FLAT.input, FLAT.output, FLAT.output)


def test_free_class_is_free_and_not_without_rate():
    price = Price(input=Decimal(1), output=Decimal(1), cached_input=Decimal(0))
    assert cost(Usage(cached_input=7), price) == 0


@given(USAGES, USAGES, PRICES)
def test_cost_is_additive_and_never_negative(one, other, price):
    both = Usage(*(getattr(one, name) + getattr(other, name) for name in Usage.__dataclass_fields__))
    assert cost(both, price) == cost(one, price) + cost(other, price)
    assert cost(one, price) >= 0


@given(USAGES, PRICES)
def test_cost_needs_no_more_than_ten_places(usage, price):
    assert cost(usage, price) == round(cost(usage, price), 10)


def test_worst_case_counts_bytes_not_characters():
    ascii_only, japanese = (worst_case((Message("user", text),), 0, FLAT) for text in ("aa", "日本"))
    assert japanese - ascii_only == 4 * FLAT.input


@given(st.text(max_size=200), st.integers(0, 1000), PRICES)
def test_worst_case_is_not_below_any_split_of_its_tokens(text, max_tokens, price):
    bound = worst_case((Message("user", text),), max_tokens, price)
    said = len(text.encode(errors="replace"))
    for usage in (
        Usage(input=said, output=max_tokens),
        Usage(cached_input=said, reasoning=max_tokens),
        Usage(cache_write=said, output=max_tokens),
    ):
        assert cost(usage, price) <= bound


def test_worst_case_grows_with_the_schema_of_the_answer():
    messages = (Message("user", "hi"),)
    assert worst_case(messages, 1, FLAT, schema={"type": "object"}) > worst_case(messages, 1, FLAT)
