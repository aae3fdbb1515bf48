"""On a real PostgreSQL, with real commits: what is decided reaches the process, whatever breaks."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from aiops.core import clock
from aiops.flags.models import Acknowledgement, GatewayProcess
from aiops.flags.queries import publication
from aiops.gateway import listening, painting, snapshot, stopfile
from aiops.gateway.picture import Stop
from tests import factories
from tests.gateway.deciding import following, until

pytestmark = pytest.mark.django_db(transaction=True)
ALL = Stop(scope="global", reason="fire")


def lines() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'aiops gateway%'"
        )
        return [pid for (pid,) in cursor.fetchall()]


def cut(pids: list[int]) -> None:
    with connection.cursor() as cursor:
        for pid in pids:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_a_decision_is_heard_and_acknowledged(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "POLL", 3600)
    with following(tmp_path) as seen:
        until(lines)
        stop = factories.make_stop()
        until(lambda: [one.target for one in seen.picture.stops] == [stop.target])
        stop.refresh_from_db()
        until(lambda: GatewayProcess.objects.get().revision == stop.revision)
        assert seen.picture.revision == stop.revision == publication().revision
        assert Acknowledgement.objects.filter(revision=stop.revision, at__gte=stop.published_at).count() == 1


def test_what_is_rolled_back_is_not_heard(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "POLL", 3600)
    with following(tmp_path) as seen:
        until(lines)
        before = seen.picture
        with transaction.atomic():
            factories.make_stop()
            transaction.set_rollback(True)
        tenant = factories.make_tenant()
        until(lambda: tenant.slug in seen.picture.tenants)
        assert seen.picture.stops == before.stops == ()


def test_a_decision_arrives_by_polling_where_the_line_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "POLL", 0.05)
    monkeypatch.setattr(listening, "FIRST_WAIT", 3600)
    with following(tmp_path) as seen:
        until(lines)
        cut(lines())
        until(lambda: not lines())
        tenant = factories.make_tenant()
        until(lambda: tenant.slug in seen.picture.tenants)
        assert lines() == []


def test_a_line_that_is_cut_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "POLL", 3600)
    monkeypatch.setattr(listening, "FIRST_WAIT", 0.01)
    with following(tmp_path) as seen:
        until(lines)
        first = lines()
        cut(first)
        until(lambda: lines() and lines() != first)
        tenant = factories.make_tenant()
        until(lambda: tenant.slug in seen.picture.tenants)


def away(*_args: object) -> None:
    raise OperationalError("the database is away")


def test_a_database_that_goes_away_leaves_the_last_picture_and_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "POLL", 0.02)
    monkeypatch.setattr(snapshot, "LONGEST_WAIT", 0.02)
    with following(tmp_path) as seen:
        until(lambda: seen.state()["database"] == "up")
        with monkeypatch.context() as gone:
            gone.setattr(painting, "revision", away)
            until(lambda: seen.state()["database"] == "down")
            before, age = seen.picture, seen.age
            tenant = factories.make_tenant()
            until(lambda: seen.age > age)
            assert seen.picture is before
        until(lambda: tenant.slug in seen.picture.tenants)
        until(lambda: seen.state()["database"] == "up")


def test_a_connection_that_is_cut_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "POLL", 0.02)
    with following(tmp_path) as seen:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            cut([pid for (pid,) in cursor.fetchall()])
        tenant = factories.make_tenant()
        until(lambda: tenant.slug in seen.picture.tenants)


def test_the_copy_on_disk_serves_where_the_database_is_down(tmp_path, monkeypatch):
    stop = factories.make_stop()
    with following(tmp_path) as seen:
        first = seen.picture
    copy = tmp_path / "gateway" / "picture.json"
    assert copy.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(painting, "revision", away)
    with following(tmp_path) as seen:
        assert seen.picture == first
        assert [one.target for one in seen.picture.stops] == [stop.target]
        assert seen.state()["database"] == "down"
        assert seen.age < (clock.now() - first.painted_at).total_seconds() + 1


def test_without_a_copy_and_without_a_database_there_is_no_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(painting, "revision", away)
    with following(tmp_path) as seen:
        assert seen.picture is None
        assert (seen.state()["revision"], seen.state()["age"], seen.age) == (None, None, float("inf"))


def test_a_copy_that_is_damaged_is_painted_anew(tmp_path):
    (tmp_path / "gateway").mkdir()
    copy = tmp_path / "gateway" / "picture.json"
    copy.write_text('{"revision": ')
    with following(tmp_path) as seen:
        pass
    assert json.loads(copy.read_bytes())["revision"] == seen.picture.revision


def test_a_disk_that_is_full_costs_the_copy_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(stopfile, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with following(tmp_path) as seen:
        assert seen.picture.stops == ()


def test_the_stop_file_stops_without_a_database(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "GLANCE", 0.01)
    stop = factories.make_stop()
    with following(tmp_path) as seen:
        monkeypatch.setattr(painting, "revision", away)
        stopfile.add(tmp_path, ALL)
        until(lambda: seen.picture.stops[1:] == (ALL,))
        assert seen.picture.stops[0].target == stop.target
        stopfile.remove(tmp_path, "global", "")
        until(lambda: len(seen.picture.stops) == 1)


def test_a_stop_file_that_cannot_be_read_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "GLANCE", 0.01)
    stopfile.add(tmp_path, ALL)
    with following(tmp_path) as seen:
        stopfile.path_in(tmp_path).write_text("[")
        tenant = factories.make_tenant()
        until(lambda: tenant.slug in seen.picture.tenants)
        assert seen.picture.stops == (ALL,)


def test_a_price_that_begins_is_painted_without_a_publishing(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "POLL", 0.02)
    model = factories.make_price().model
    factories.make_price(model=model, effective_at=clock.now() + timedelta(hours=1), input=1)
    with following(tmp_path) as seen:
        revision = seen.picture.revision
        later = clock.now() + timedelta(hours=2)
        monkeypatch.setattr(clock, "now", lambda: later)
        until(lambda: seen.picture.models[model.name].rates.input == 1)
        assert seen.picture.revision == revision


def test_a_mistake_in_painting_ends_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "POLL", 0.02)
    monkeypatch.setattr(snapshot, "LONGEST_WAIT", 0.02)
    failed = threading.Event()

    def paint():
        failed.set()
        return 1 / 0

    with following(tmp_path) as seen:
        with monkeypatch.context() as wrong:
            wrong.setattr(painting, "paint", paint)
            tenant = factories.make_tenant()
            until(failed.is_set)
        until(lambda: tenant.slug in seen.picture.tenants)


def test_a_process_knows_how_many_gateways_live_and_says_that_it_limits_alone(tmp_path):
    factories.make_process(port=8001)
    factories.make_process(port=0)  # a worker's, which takes no calls
    factories.make_process(port=8001, seen_at=clock.now() - timedelta(minutes=1))
    with following(tmp_path, instance="gw-1a", local_limits=lambda: True) as seen:
        until(lambda: GatewayProcess.objects.filter(instance="gw-1a", local_limits=True).exists())
        until(lambda: seen.processes == 2)


def test_a_process_says_what_it_is_and_leaves_when_it_ends(tmp_path):
    with following(tmp_path, instance="gw-1a", spool_records=lambda: 7):
        row = GatewayProcess.objects.get()
        assert (row.instance, row.host, row.pid, row.port, row.version, row.spool_records) == (
            "gw-1a",
            "host-1",
            17,
            8001,
            "0.1",
            7,
        )
        assert row.acknowledged_at >= row.started_at
    assert GatewayProcess.objects.count() == 0
    assert Acknowledgement.objects.count() == 0
