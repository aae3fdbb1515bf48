"""Fixtures that every test may use."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management.commands import flush
from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client
from hypothesis import HealthCheck, settings
from pytest_django.plugin import DjangoDbBlocker

from aiops.accounts.models import User
from aiops.operations import launch
from aiops.operations.redis import Redis
from tests.factories import make_user

# A machine that is shared pauses at any moment: how long an example takes says nothing about the code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


@pytest.fixture
def user(db: None) -> User:
    """A person who may do everything: an administrator."""
    return make_user(roles=["administrator"])


@pytest.fixture
def as_role(db: None) -> Callable[..., Client]:
    """`as_role("engineer")`: a client signed in as a new person with these roles, its `client.user`."""

    def sign_in(*roles: str) -> Client:
        client = Client()
        client.user = make_user(roles=roles)  # type: ignore[attr-defined]  # for tests that ask who it is
        client.force_login(client.user)  # type: ignore[attr-defined]  # set on the line above
        return client

    return sign_in


@pytest.fixture(scope="session", autouse=True)
def quick_flush() -> Iterator[None]:
    """Transactional tests empty all tables at their end, append-only ones too, as the superuser.

    By DELETE: for the few rows of a test, TRUNCATE takes many times as long. And without making Django's own
    permissions again, which nobody here asks for.
    """

    def sql_flush(self, _style, tables, **_options):
        emptied = [f"DELETE FROM {self.quote_name(table)};" for table in tables]  # noqa: S608 - our own names
        return ["SET LOCAL session_replication_role = replica;", *emptied] if tables else []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_: None)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Transactional tests empty all tables at their end, also of what migrations put there: so no test begins
    with the tenant `internal`, in whatever order they come.
    """
    with django_db_blocker.unblock(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM tenants_tenant")


@pytest.fixture(scope="session")
def embedded_redis() -> Iterator[Redis]:
    """A real Redis on a socket of its own (`.url` is a `unix://` address), ended with the test session."""
    with tempfile.TemporaryDirectory(prefix="aiops-redis-", dir="/tmp") as folder:
        server = Redis(Path(folder) / "data", Path(folder) / "run" / "redis.sock")
        server.prepare()
        process = server.start(Path(folder) / "redis.log")
        try:
            server.wait()
            yield server
        finally:
            launch.end(process)
