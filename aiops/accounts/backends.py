"""Signing in by e-mail and password."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from aiops.accounts.models import User


class EmailBackend(BaseBackend):
    """Finds a person by e-mail, whatever its capitals, and checks the password."""

    def authenticate(
        self,
        request: HttpRequest | None,  # noqa: ARG002 - part of Django's protocol
        username: str | None = None,
        password: str | None = None,
        **_others: Any,
    ) -> User | None:
        """The person, or None. An unknown address costs as much time as a wrong password."""
        if username is None or password is None:
            return None
        user = User.objects.filter(email__iexact=username).first()
        if user is None:
            make_password(password)
            return None
        return user if user.is_active and user.check_password(password) else None

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
