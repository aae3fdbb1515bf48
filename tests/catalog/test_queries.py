from datetime import timedelta

import pytest

from aiops.catalog import queries
from aiops.core import clock
from tests.factories import make_model, make_price, make_provider

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_price_holds_from_its_time_until_the_next():
    model, now = make_model(), clock.now()
    first = make_price(model=model, effective_at=now - 2 * DAY)
    second = make_price(model=model, effective_at=now)
    assert queries.price_at(model, now - 3 * DAY) is None
    assert queries.price_at(model, now - timedelta(microseconds=1)) == first
    assert queries.price_at(model, now) == second


def test_prices_of_many_models_come_in_one_query(django_assert_num_queries):
    models = [make_model() for _ in range(3)]
    held = [make_price(model=model) for model in models[:2]]
    make_price(model=models[0], effective_at=clock.now() + 2 * DAY)
    planned = make_price(model=models[0], effective_at=clock.now() + DAY)
    with django_assert_num_queries(2):
        rows = queries.priced(models)
    assert rows == [(models[0], held[0], planned), (models[1], held[1], None), (models[2], None, None)]


def test_priced_models_are_those_that_may_be_called():
    priced = make_price().model
    make_model()
    make_price(effective_at=clock.now() + DAY)
    make_price(model=make_model(retired_at=clock.now()))
    assert list(queries.priced_models()) == [priced]
    assert queries.priced_models(clock.now() + 2 * DAY).count() == 2


def test_models_are_found_by_provider_tier_and_name():
    provider = make_provider(slug="p")
    one = make_model(provider=provider, name="alpha", vendor_name="Vendor/Alpha-1", tier="large")
    other = make_model(name="beta", retired_at=clock.now())
    assert list(queries.models(provider="p")) == [one]
    assert list(queries.models(tier="large")) == [one]
    assert list(queries.models(text="alpha-1")) == [one]
    assert list(queries.models()) == [one]
    assert list(queries.models(retired=True)) == [one, other]
