"""A vendor endpoint; a model with a tier; its dated price per token class."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from aiops.core import clock
from aiops.core.money import money_field


class Provider(models.Model):
    """`api_key_encrypted` is sealed by `aiops.catalog.keys`; `api_key_hint` is its key's last four."""

    class Kind(models.TextChoices):
        OPENAI_COMPATIBLE = "openai_compatible", "OpenAI-compatible"
        ANTHROPIC = "anthropic", "Anthropic"
        SIMULATED = "simulated", "Simulated"

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=30, choices=Kind)
    base_url = models.CharField(max_length=300, blank=True)
    api_key_encrypted = models.BinaryField(blank=True, default=b"")
    api_key_hint = models.CharField(max_length=4, blank=True)
    max_concurrency = models.PositiveIntegerField(default=16)
    timeout_seconds = models.PositiveIntegerField(default=60)
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("slug",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="simulated") | ~Q(base_url=""),
                name="catalog_provider_address",
                violation_error_message="A provider that is not simulated needs a base URL.",
            ),
            models.CheckConstraint(
                condition=Q(max_concurrency__range=(1, 1000)),
                name="catalog_provider_concurrency",
                violation_error_message="Calls at once must be from 1 to 1,000.",
            ),
            models.CheckConstraint(
                condition=Q(timeout_seconds__range=(1, 3600)),
                name="catalog_provider_timeout",
                violation_error_message="The timeout must be from 1 to 3,600 seconds.",
            ),
        )

    def __str__(self) -> str:
        return self.slug

    @property
    def is_simulated(self) -> bool:
        return self.kind == self.Kind.SIMULATED


class Model(models.Model):
    """`name` is ours, as prompts write it ("sim-large"); `vendor_name` is what the vendor calls it.

    A model with a price can't be deleted, since its price explains what was spent; it is retired.
    """

    class Tier(models.TextChoices):
        SMALL = "small", "Small"
        LARGE = "large", "Large"

    name = models.SlugField(max_length=100, unique=True)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="models")
    vendor_name = models.CharField(max_length=200)
    tier = models.CharField(max_length=10, choices=Tier)
    context_tokens = models.PositiveIntegerField(default=128_000)
    max_output_tokens = models.PositiveIntegerField(default=4096)
    created_at = models.DateTimeField(default=clock.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


MILLION = 1_000_000
TOKEN_CLASSES = {
    "input": "Input",
    "cached_input": "Cached input",
    "cache_write": "Cache write",
    "output": "Output",
    "reasoning": "Reasoning",
}


def per_million(rate: Decimal | None) -> str:
    """A rate as vendors publish it, all its digits: "$0.15" for a million tokens; "" where there is none.

    >>> per_million(Decimal("0.0000010750")), per_million(Decimal(0))
    ('$1.075', '$0.00')
    """
    if rate is None:
        return ""
    whole, _, cents = f"{(rate * MILLION).normalize():f}".partition(".")
    return f"${int(whole):,}.{cents:0<2}"


class Price(models.Model):
    """USD per token of each class from `effective_at` on; the latest one that has begun holds.

    Null means that the vendor has no rate of its own for the class: `pricing.Rates` says which one stands in.
    Immutable by trigger, so that what was spent stays explained.
    """

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="prices")
    effective_at = models.DateTimeField()
    input = money_field()
    cached_input = money_field(null=True, blank=True)
    cache_write = money_field(null=True, blank=True)
    output = money_field()
    reasoning = money_field(null=True, blank=True)
    source = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("model", "-effective_at")
        constraints = (
            models.UniqueConstraint(
                fields=("model", "effective_at"),
                name="catalog_price_dated",
                violation_error_message="The model has a price from that time already. It cannot change.",
            ),
            models.CheckConstraint(
                condition=Q(input__gte=0)
                & Q(output__gte=0)
                & (Q(cached_input__gte=0) | Q(cached_input=None))
                & (Q(cache_write__gte=0) | Q(cache_write=None))
                & (Q(reasoning__gte=0) | Q(reasoning=None)),
                name="catalog_price_not_negative",
                violation_error_message="No rate may be below 0.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.model} from {self.effective_at:%Y-%m-%d %H:%M}"

    @property
    def per_million(self) -> dict[str, str]:
        """The rates of all classes for people, in the order of columns."""
        return {name: per_million(getattr(self, name)) for name in TOKEN_CLASSES}
