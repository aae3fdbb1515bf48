"""Providers, models and prices."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aiops.catalog.models import Model, Price, Provider
from tests.factories.numbers import number


def make_provider(**values: Any) -> Provider:
    n = number()
    return Provider.objects.create(
        **{"slug": f"provider-{n}", "name": f"Provider {n}", "kind": Provider.Kind.SIMULATED, **values}
    )


def make_model(**values: Any) -> Model:
    provider = values.pop("provider", None) or make_provider()
    n = number()
    return Model.objects.create(
        **{
            "name": f"model-{n}",
            "provider": provider,
            "vendor_name": f"vendor-model-{n}",
            "tier": Model.Tier.SMALL,
            **values,
        }
    )


def make_price(**values: Any) -> Price:
    """In force since 2020: one dollar for a million input tokens, four for output."""
    model = values.pop("model", None) or make_model()
    return Price.objects.create(
        **{
            "model": model,
            "effective_at": datetime(2020, 1, 1, tzinfo=UTC),
            "input": Decimal("0.000001"),
            "output": Decimal("0.000004"),
            **values,
        }
    )
