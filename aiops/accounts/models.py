"""People who sign in."""

from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from aiops.accounts.permissions import Permission, permissions_of
from aiops.core import clock
from aiops.core.money import money_field

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        """The person with this e-mail address, whatever its capitals."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person: e-mail, roles, time zone, and the languages they read."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=100)
    roles = ArrayField(models.CharField(max_length=20), default=list)
    languages = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    timezone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="accounts_user_email_unique"),)

    def __str__(self) -> str:
        return self.email

    @property
    def actor_id(self) -> str:
        return f"user:{self.pk}"

    @property
    def actor_label(self) -> str:
        return self.email

    @property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.roles)

    @property
    def has_password(self) -> bool:
        """False for somebody who was added and has not used their link yet."""
        return self.has_usable_password()

    def may(self, permission: Permission) -> bool:
        """Whether one of the person's roles allows `permission`; nobody who is inactive may anything."""
        return self.is_active and permission in self.permissions


# In this order: each browser's line also names those that it imitates.
_BROWSERS = (("Edge", "Edg/"), ("Firefox", "Firefox/"), ("Chrome", "Chrome/"), ("Safari", "Safari/"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iOS", "iPhone"),
    ("Windows", "Windows"),
    ("macOS", "Mac OS"),
    ("Linux", "Linux"),
)


class Session(AbstractBaseSession):
    """A browser that signed in. The columns besides the key repeat what the encoded data says, for lists."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # to five minutes
    address = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=300, blank=True)

    @property
    def browser(self) -> str:
        """The browser and its system, as far as it tells; else what it calls itself."""
        name = next((word for word, mark in _BROWSERS if mark in self.agent), "")
        system = next((word for word, mark in _SYSTEMS if mark in self.agent), "")
        return f"{name} on {system}" if name and system else name or self.agent[:60] or "unknown"

    @classmethod
    def get_session_store_class(cls) -> "type[SessionBase]":
        from aiops.accounts.sessions import SessionStore  # noqa: PLC0415 - the store needs this model

        return SessionStore


class Workspace(models.Model):
    """The rules of this installation: one row at most, the defaults where there is none."""

    class FourEyes(models.TextChoices):
        ALWAYS = "always", "Always"
        ABOVE = "above", "Above a share of traffic or an amount"
        OFF = "off", "Off"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    four_eyes = models.CharField(max_length=6, choices=FourEyes, default=FourEyes.ABOVE)
    four_eyes_share = models.PositiveSmallIntegerField(default=10)  # percent of a feature's traffic
    four_eyes_amount = money_field(null=True, blank=True)
    retention_months = models.PositiveSmallIntegerField(default=13)  # whole months that calls are kept

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="accounts_workspace_one"),
            models.CheckConstraint(
                condition=Q(four_eyes__in=("always", "above", "off")), name="accounts_workspace_four_eyes"
            ),
            models.CheckConstraint(condition=Q(four_eyes_share__lte=100), name="accounts_workspace_share"),
            models.CheckConstraint(
                condition=Q(four_eyes_amount=None) | Q(four_eyes_amount__gte=0),
                name="accounts_workspace_amount",
            ),
            models.CheckConstraint(
                condition=Q(retention_months__range=(1, 120)), name="accounts_workspace_retention"
            ),
        )

    def __str__(self) -> str:
        return "the workspace"

    def asks_for_two(self, *, share: int = 0, amount: Decimal | None = None) -> bool:
        """Whether a change to `share` percent of the traffic, or worth `amount` USD, needs two people."""
        if self.four_eyes != self.FourEyes.ABOVE:
            return self.four_eyes == self.FourEyes.ALWAYS
        limit = self.four_eyes_amount
        return share > self.four_eyes_share or (limit is not None and amount is not None and amount > limit)
