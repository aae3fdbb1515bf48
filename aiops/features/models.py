"""One AI feature of a product, its policy in numbered versions, and which keys may call it."""

from django.db import models

from aiops.accounts.models import User
from aiops.core import clock
from aiops.tenants.models import ApiKey


class Feature(models.Model):
    class Kind(models.TextChoices):
        CHAT = "chat", "Chat"
        EMBEDDING = "embedding", "Embedding"

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.CHAT)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("slug",)
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=("chat", "embedding")), name="features_kind"),
        )

    def __str__(self) -> str:
        return self.slug


class KeyFeature(models.Model):
    """The key may call the feature. A key without any such row may call all."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="limits")
    # PROTECT: without its last row a key would open everything
    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="key_limits")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("key", "feature"), name="features_key_once"),)

    def __str__(self) -> str:
        return f"{self.key} may call {self.feature}"


class PolicyVersion(models.Model):
    """`settings` is a `policy.Policy` as JSON. Immutable by trigger; the newest is in force."""

    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="policies")
    number = models.PositiveIntegerField()
    settings = models.JSONField()
    note = models.TextField(blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("feature", "-number")
        constraints = (models.UniqueConstraint(fields=("feature", "number"), name="features_policy_number"),)

    def __str__(self) -> str:
        return f"{self.feature.slug} policy v{self.number}"


class CallbackSecret(models.Model):
    """What a feature's callbacks are signed with: sealed, as whoever signs must be able to read it."""

    feature = models.OneToOneField(Feature, on_delete=models.CASCADE, related_name="callback_secret")
    sealed = models.BinaryField()
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"callback secret of {self.feature.slug}"
