from datetime import UTC, datetime

import pytest
from django.db import connection

from aiops.accounts.models import Workspace
from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.gateway import partitions, tasks
from aiops.gateway.models import Call
from tests.factories import make_call, make_old_partition

pytestmark = pytest.mark.django_db


def there(name):
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        return cursor.fetchone()[0]


def test_a_month_is_counted_on_over_the_year():
    assert partitions.month_of(datetime(2026, 11, 23, tzinfo=UTC), 3) == datetime(2027, 2, 1, tzinfo=UTC)
    assert partitions.month_of(datetime(2026, 1, 31, tzinfo=UTC), -13) == datetime(2024, 12, 1, tzinfo=UTC)


def test_the_next_three_months_get_their_partitions(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2031, 11, 23, tzinfo=UTC))
    tasks.keep_partitions()
    assert [there(f"gateway_call_{month}") for month in ("2031_11", "2032_02", "2032_03")] == [
        True,
        True,
        False,
    ]
    assert partitions.make_ahead() == 0


def test_a_month_whose_calls_lie_in_the_default_stops_no_other(monkeypatch):
    make_call(at=datetime(2031, 12, 5, tzinfo=UTC))
    monkeypatch.setattr(clock, "now", lambda: datetime(2031, 11, 23, tzinfo=UTC))
    assert partitions.make_ahead() == 3


def test_months_past_retention_are_dropped_and_recorded():
    name, kept = make_old_partition(), make_call()
    tasks.drop_old()
    assert (there(name), list(Call.objects.values_list("id", flat=True))) == (False, [kept.id])
    event = AuditEvent.objects.get()
    assert (event.action, event.object_label, event.actor_id) == (
        "gateway.calls_dropped",
        "calls of 2020-01",
        "system:beat",
    )
    tasks.drop_old()
    assert AuditEvent.objects.count() == 1


def test_a_month_is_kept_until_all_of_it_is_too_old(monkeypatch):
    Workspace.objects.create(retention_months=1)
    name = make_old_partition()
    for now, left in ((datetime(2020, 2, 28, tzinfo=UTC), True), (datetime(2020, 3, 1, tzinfo=UTC), False)):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        tasks.drop_old()
        assert there(name) is left
