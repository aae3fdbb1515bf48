"""Tests that meet Postgres as the gateway does: over connections of their own, so that rows must be committed."""

from collections.abc import Iterator

import pytest
from django.db import connection

TABLES = "gateway_call, gateway_rollup, gateway_quarantined, gateway_ticket, gateway_cacheentry, gateway_feedback"


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """The gateway's own tables, emptied afterwards: much faster than emptying all."""
    with django_db_blocker.unblock():
        yield
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {TABLES}")
        connection.close()
