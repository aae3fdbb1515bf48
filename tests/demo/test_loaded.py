"""What one load of a small manifest makes: loaded once for all of these tests, which only read."""

import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models
from pytest_django.plugin import DjangoDbBlocker

from aiops.accounts.models import User
from aiops.audit.models import AuditEvent
from aiops.catalog.models import Price, Provider
from aiops.core import clock
from aiops.datasets import queries as datasets
from aiops.datasets.models import Case, DatasetVersion
from aiops.demo import loading, people, resetting
from aiops.evaluations.models import Result, Run
from aiops.prompts.models import Label, Version
from aiops.tenants.models import Tenant
from tests.demo.small import make_small

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module", autouse=True)
def began(django_db_setup: None, django_db_blocker: DjangoDbBlocker, home: Path) -> Iterator[datetime]:
    """When the load began."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        patch.setattr(settings, "AIOPS_HOME", home)
        at = clock.now()
        assert load()
        yield at
        call_command("flush", interactive=False, verbosity=0)
        connection.close()


def load() -> bool:
    return loading.load(lambda _line: None)


def counts() -> dict[str, int]:
    tables: list[type[models.Model]] = [*resetting.ours(), AuditEvent]
    return {table._meta.label: table._default_manager.count() for table in tables}


def test_loading_makes_the_workspace():
    assert set(Tenant.objects.values_list("slug", flat=True)) == {"acme", "globex", "initech", "internal"}
    assert User.objects.filter(email__endswith="@demo").count() == 8
    live = Label.objects.filter(name="production").values_list("prompt__name", "version__number")
    shipped = {("contract-terms", 2), ("support-summary", 2)}  # nobody has shipped v3 in this part
    assert set(live) == {*shipped, ("help-centre", 1)}
    assert [run.state for run in Run.objects.all()] == ["finished"]
    assert Result.objects.filter(error_kind="").count() == 61
    assert {price.effective_at.year for price in Price.objects.all()} == {2026, 2027}


def test_a_second_load_changes_nothing():
    before = counts()
    assert not load()
    assert counts() == before


def test_the_golden_set_of_summaries_has_two_frozen_versions():
    first, second = DatasetVersion.objects.filter(dataset__name="support-summary").order_by("number")
    assert (first.case_count, second.case_count) == (206, 270)
    assert datasets.cases_of(first).filter(until=2).count() == 7


def test_things_happened_in_the_past_and_the_audit_says_when_they_were_loaded(began: datetime):
    for run in Run.objects.select_related("version", "dataset_version"):
        assert run.version.created_at < run.created_at < run.finished_at < began
        assert run.dataset_version.frozen_at < run.created_at
    assert Version.objects.filter(created_at__gte=began).count() == 0
    assert Case.objects.filter(created_at__gte=began).count() == 0
    assert AuditEvent.objects.filter(at__lt=began).count() == 0


def test_what_is_immutable_is_so_again_afterwards():
    with pytest.raises(Exception, match="immutable"):
        Version.objects.update(note="changed")


def test_the_vendor_takes_its_time_once_the_demo_is_loaded():
    assert Provider.objects.get().settings["time_scale"] == 1.0


def test_the_password_is_made_once_and_for_its_owner_alone(home: Path):
    path = home / "demo-password"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert people.password() == path.read_text()
    assert all(person.check_password(people.password()) for person in User.objects.all())
