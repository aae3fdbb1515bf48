"""Loading and resetting, with a small manifest: the whole one takes seconds and is measured elsewhere."""

import stat
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models

from aiops.accounts.models import User
from aiops.audit.models import AuditEvent
from aiops.catalog.models import Price, Provider
from aiops.core import clock
from aiops.core.errors import Conflict
from aiops.datasets import queries as datasets
from aiops.datasets.models import Case, DatasetVersion
from aiops.demo import content, history, loading, people, resetting, shape
from aiops.demo.models import Workspace
from aiops.evaluations.models import Result, Run
from aiops.features.models import Feature
from aiops.prompts.models import Label, Version
from aiops.tenants.models import Tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(settings, tmp_path: Path) -> Path:
    settings.AIOPS_HOME = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two features and one run of the real manifest, and a few calls of its past."""
    few = {slug: shape.Shop(3, shop.grew, shop.languages) for slug, shop in shape.SHOPS.items()}
    monkeypatch.setattr(shape, "SHOPS", few)
    whole = content.manifest()
    part = whole.model_copy(
        update={
            "features": {slug: whole.features[slug] for slug in ("contract-terms", "support-summary")},
            "runs": tuple(run for run in whole.runs if run.feature == "contract-terms")[:1],
        }
    )
    monkeypatch.setattr(content, "manifest", lambda: part)


def load() -> bool:
    return loading.load(lambda _line: None)


def counts() -> dict[str, int]:
    tables: list[type[models.Model]] = [*resetting.ours(), AuditEvent]
    return {table._meta.label: table._default_manager.count() for table in tables}


def test_loading_makes_the_workspace():
    assert load()
    assert set(Tenant.objects.values_list("slug", flat=True)) == {"acme", "globex", "initech", "internal"}
    assert User.objects.filter(email__endswith="@demo").count() == 8
    live = Label.objects.filter(name="production").values_list("prompt__name", "version__number")
    assert set(live) == {("contract-terms", 2), ("support-summary", 2)}  # nobody has shipped v3 in this part
    assert [run.state for run in Run.objects.all()] == ["finished"]
    assert Result.objects.filter(error_kind="").count() == 61
    assert {price.effective_at.year for price in Price.objects.all()} == {2026, 2027}


def test_a_second_load_changes_nothing():
    load()
    before = counts()
    assert not load()
    assert counts() == before


def test_the_golden_set_of_summaries_has_two_frozen_versions():
    load()
    first, second = DatasetVersion.objects.filter(dataset__name="support-summary").order_by("number")
    assert (first.case_count, second.case_count) == (206, 270)
    assert datasets.cases_of(first).filter(until=2).count() == 7


def test_things_happened_in_the_past_and_the_audit_says_when_they_were_loaded():
    began = clock.now()
    load()
    for run in Run.objects.select_related("version", "dataset_version"):
        assert run.version.created_at < run.created_at < run.finished_at < began
        assert run.dataset_version.frozen_at < run.created_at
    assert Version.objects.filter(created_at__gte=began).count() == 0
    assert Case.objects.filter(created_at__gte=began).count() == 0
    assert AuditEvent.objects.filter(at__lt=began).count() == 0


def test_what_is_immutable_is_so_again_afterwards():
    load()
    with pytest.raises(Exception, match="immutable"):
        Version.objects.update(note="changed")


def test_the_vendor_takes_its_time_once_the_demo_is_loaded():
    load()
    assert Provider.objects.get().settings["time_scale"] == 1.0


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


def test_the_password_is_made_once_and_for_its_owner_alone(home: Path):
    load()
    path = home / "demo-password"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert people.password() == path.read_text()
    assert all(person.check_password(people.password()) for person in User.objects.all())


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
