"""Embedders, and changes from one to another."""

from decimal import Decimal
from typing import Any

from aiops.embeddings.models import Change, Choice, Space, Use
from tests.factories.catalog import make_model, make_price, make_provider


def make_space(**values: Any) -> Space:
    """A priced model of a simulated provider, without vectors yet; of a real one at `base_url`."""
    if "local_name" in values:
        return Space.objects.create(kind=Space.Kind.LOCAL, **values)
    if "model" not in values:
        base_url = values.pop("base_url", "")
        kind = "openai_compatible" if base_url else "simulated"
        values["model"] = make_model(provider=make_provider(kind=kind, base_url=base_url))
        make_price(model=values["model"], output=Decimal(0))
    return Space.objects.create(kind=Space.Kind.PROVIDER, **values)


def make_change(**values: Any) -> Change:
    """Of the knowledge's, and waiting."""
    space = values.pop("space", None) or make_space()
    return Change.objects.create(**{"use": Use.KNOWLEDGE, "space": space, **values})


def make_choice(**values: Any) -> Choice:
    """Of the knowledge's."""
    space = values.pop("space", None) or make_space(dimensions=64)
    return Choice.objects.create(**{"use": Use.KNOWLEDGE, "space": space, **values})
