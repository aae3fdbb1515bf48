"""Loading and resetting, with a small manifest: the whole one takes seconds and is measured elsewhere."""

from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from aiops.accounts.models import User
from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.errors import Conflict
from aiops.demo import content, history, loading, resetting
from aiops.demo.models import Workspace
from aiops.evaluations.models import Run
from aiops.features.models import Feature
from aiops.tenants.models import Tenant
from tests.demo.small import make_small

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(settings, tmp_path: Path) -> Path:
    settings.AIOPS_HOME = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)


def load() -> bool:
    return loading.load(lambda _line: None)


def test_a_load_that_was_cut_short_goes_on(monkeypatch: pytest.MonkeyPatch):
    def cut_short(_run_id: int) -> Run:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("aiops.demo.building.runner.run_inline", cut_short)
        with pytest.raises(KeyboardInterrupt):
            load()
    assert (Workspace.objects.get().finished_at, Run.objects.get().state) == (None, "queued")
    assert load()
    assert Run.objects.get().state == "finished"
    assert Workspace.objects.get().finished_at is not None


def test_a_workspace_with_a_stranger_is_left_alone(user: User):
    with pytest.raises(Conflict, match="of its own"):
        load()
    assert (Workspace.objects.count(), Tenant.objects.count()) == (0, 0)


def test_a_workspace_with_content_is_left_alone():
    Feature.objects.create(slug="ours", name="Ours")
    with pytest.raises(CommandError, match="of its own"):
        call_command("demo", "load")


def test_two_loads_at_once_are_told_apart():
    with connection.copy().cursor() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [loading._LOCK])
        with pytest.raises(Conflict, match="another process"):
            load()
        other.execute("SELECT pg_advisory_unlock(%s)", [loading._LOCK])
        other.db.close()


def test_reset_brings_the_demo_back_and_keeps_the_audit():
    load()
    Tenant.objects.create(slug="more", name="More")
    events = AuditEvent.objects.count()
    runs = set(Run.objects.values_list("pk", flat=True))
    call_command("demo", "reset", "--yes")
    assert not Tenant.objects.filter(slug="more").exists()
    assert AuditEvent.objects.filter(action="demo.reset").count() == 1
    assert AuditEvent.objects.count() > events
    assert runs.isdisjoint(Run.objects.values_list("pk", flat=True))
    with pytest.raises(Exception, match="append-only"):
        AuditEvent.objects.all().delete()


def test_reset_refuses_a_workspace_that_is_not_the_demo(user: User):
    with pytest.raises(CommandError, match="not the demo"):
        call_command("demo", "reset", "--yes")
    assert User.objects.count() == 1


def test_reset_asks(monkeypatch: pytest.MonkeyPatch):
    load()
    monkeypatch.setattr("builtins.input", lambda _question: "no")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("demo", "reset")
    assert AuditEvent.objects.filter(action="demo.reset").count() == 0


def test_the_command_says_how_far_it_is(capsys: pytest.CaptureFixture[str]):
    call_command("demo", "load")
    lines = capsys.readouterr().out.splitlines()
    assert lines[-4:] == [
        "Evaluation 1 of 1: contract-terms v1 on sim-large",
        "Moving it into the past",
        "Ninety days of simulated calls",
        "The demo workspace is loaded.",
    ]
    call_command("demo", "load")
    assert capsys.readouterr().out == "The demo workspace is loaded already.\n"


def test_reset_empties_every_table_but_the_audits():
    ours = {model._meta.app_label for model in resetting.ours()}
    assert "audit" not in ours
    assert {"accounts", "datasets", "demo", "evaluations", "prompts"} <= ours
    assert apps.get_model("audit", "AuditEvent") not in resetting.ours()


def test_a_run_that_nobody_started_is_not_moved():
    history._move_run(content.manifest().runs[0], clock.now())
    assert Run.objects.count() == 0


def test_runs_began_in_office_hours_of_working_days_in_their_order():
    times = history.run_times(clock.now())
    assert times == sorted(times)
    assert all(at.weekday() < 5 and 9 <= at.hour < 19 for at in times)
