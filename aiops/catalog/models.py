"""A vendor endpoint; a model with a tier; its dated price per token class."""

from django.db import models

from aiops.core import clock
from aiops.core.money import money_field


class Provider(models.Model):
    class Kind(models.TextChoices):
        OPENAI_COMPATIBLE = "openai_compatible", "OpenAI-compatible"
        ANTHROPIC = "anthropic", "Anthropic"
        SIMULATED = "simulated", "Simulated"

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=30, choices=Kind)
    base_url = models.URLField(blank=True)
    api_key_encrypted = models.BinaryField(blank=True, default=b"")
    max_concurrency = models.PositiveIntegerField(default=16)
    timeout_seconds = models.PositiveIntegerField(default=60)
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.slug


class Model(models.Model):
    class Tier(models.TextChoices):
        SMALL = "small", "Small"
        LARGE = "large", "Large"

    name = models.SlugField(max_length=100, unique=True)  # ours, as prompts name it: "sim-large"
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="models")
    vendor_name = models.CharField(max_length=200)  # what the vendor calls it
    tier = models.CharField(max_length=10, choices=Tier)
    context_tokens = models.PositiveIntegerField(default=128_000)
    max_output_tokens = models.PositiveIntegerField(default=4096)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """USD per token of each class from `effective_at` on; the latest one that has begun holds. Null: not billed."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="prices")
    effective_at = models.DateTimeField()
    input = money_field()
    cached_input = money_field(null=True)
    cache_write = money_field(null=True)
    output = money_field()
    reasoning = money_field(null=True)
    source = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("model", "-effective_at")
        constraints = (models.UniqueConstraint(fields=("model", "effective_at"), name="catalog_price_dated"),)
