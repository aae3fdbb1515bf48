"""Questions about providers, models and prices."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from aiops.catalog.models import Model, Price, Provider
from aiops.core import clock


def price_at(model: Model, at: datetime) -> Price | None:
    """The price of `model` that holds at `at`, None where none has begun: such a model must not be called."""
    return Price.objects.filter(model=model, effective_at__lte=at).order_by("-effective_at").first()


def prices_at(models: Iterable[Model], at: datetime) -> dict[int, Price]:
    """The price that holds at `at` by model id, in one query; models without one are absent."""
    begun = Price.objects.filter(model__in=list(models), effective_at__lte=at)
    return {
        price.model_id: price for price in begun.order_by("model_id", "-effective_at").distinct("model_id")
    }


def planned_prices(models: Iterable[Model], after: datetime) -> dict[int, Price]:
    """The next price that begins later than `after` by model id, in one query."""
    coming = Price.objects.filter(model__in=list(models), effective_at__gt=after)
    return {
        price.model_id: price for price in coming.order_by("model_id", "effective_at").distinct("model_id")
    }


def priced(models: list[Model]) -> list[tuple[Model, Price | None, Price | None]]:
    """Each model with the price that holds now and the next one to come, in two queries for all."""
    now = clock.now()
    held, planned = prices_at(models, now), planned_prices(models, now)
    return [(model, held.get(model.pk), planned.get(model.pk)) for model in models]


def priced_models(at: datetime | None = None) -> QuerySet[Model]:
    """Models that may be called: not retired, and a price holds now (or at `at`)."""
    begun = Price.objects.filter(model=OuterRef("pk"), effective_at__lte=at or clock.now())
    return Model.objects.filter(Exists(begun), retired_at=None).select_related("provider")


def models(*, provider: str = "", tier: str = "", text: str = "", retired: bool = False) -> QuerySet[Model]:
    """Models by provider's slug, tier, and a part of one of their names; the retired ones on demand."""
    rows = Model.objects.select_related("provider").order_by("name")
    if provider:
        rows = rows.filter(provider__slug=provider)
    if tier:
        rows = rows.filter(tier=tier)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(vendor_name__icontains=text))
    return rows if retired else rows.filter(retired_at=None)


def providers() -> QuerySet[Provider]:
    """All providers, each with `model_count`."""
    return Provider.objects.annotate(model_count=Count("models", filter=Q(models__retired_at=None))).order_by(
        "name", "pk"
    )


def simulated_models() -> QuerySet[Model]:
    """Models whose answers and money are not real."""
    return Model.objects.filter(provider__kind=Provider.Kind.SIMULATED)


def price_history(model: Model) -> QuerySet[Price]:
    """All prices of `model`, newest first; those to come are among them."""
    return Price.objects.filter(model=model).order_by("-effective_at")
