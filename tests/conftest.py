"""Fixtures that every test may use."""

from collections.abc import Callable

import pytest
from django.test import Client

from aiops.accounts.models import User
from tests.factories import make_user


@pytest.fixture
def user(db: None) -> User:
    """A person who may do everything: an administrator."""
    return make_user(roles=["administrator"])


@pytest.fixture
def as_role(db: None) -> Callable[..., Client]:
    """`as_role("engineer")`: a client signed in as a new person with these roles; `client.user` is the person."""

    def sign_in(*roles: str) -> Client:
        client = Client()
        client.user = make_user(roles=roles)  # type: ignore[attr-defined]  # for tests that ask who it is
        client.force_login(client.user)  # type: ignore[attr-defined]  # set on the line above
        return client

    return sign_in
