"""Whoever the spend is charged to: a customer or an internal team; and the keys of applications."""

from django.db import models
from django.db.models import Q

from aiops.accounts.models import User
from aiops.core import clock

INTERNAL = "internal"  # the slug of the tenant that our own work is charged to: evaluations, judges, tries


class Tenant(models.Model):
    """The one called `internal` is always there, by a migration; a trigger keeps it and its slug."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.slug


class ApiKey(models.Model):
    """A gateway key. A service key has no tenant: each call names one. A trigger keeps all but name and end.

    `digest` is the SHA-256 of the secret in hex; the secret itself is shown once and kept nowhere.
    """

    public_id = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    tenant = models.ForeignKey(Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="keys")
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    console = models.BooleanField(default=False, db_default=False)  # the console's own: nobody is shown it

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(public_id__regex=r"^[a-z0-9]{8}$"), name="tenants_key_public_id"
            ),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="tenants_key_digest"),
            models.CheckConstraint(
                condition=Q(revoked_by=None) | Q(revoked_at__isnull=False),  # a program may revoke
                name="tenants_key_revoked_at_and_revoked_by",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.public_id})"

    @property
    def is_alive(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > clock.now())
