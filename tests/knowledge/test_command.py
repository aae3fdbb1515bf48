"""`manage.py knowledge load`."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from aiops.audit.models import AuditEvent
from aiops.knowledge.management.commands import knowledge
from aiops.knowledge.models import Source
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "de").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.md").write_text("# Returns\n\nWithin 30 days.\n")
    (tmp_path / "de" / "b.txt").write_text("Innerhalb von dreißig Tagen kann man alles zurückgeben.\n")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    (tmp_path / ".git" / "c.md").write_text("hidden")
    (tmp_path / "link.md").symlink_to(tmp_path / "a.md")
    return tmp_path


def load(folder, *options):
    out, err = io.StringIO(), io.StringIO()
    call_command("knowledge", "load", str(folder), *options, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue().strip()


def test_a_folder_is_loaded(folder):
    feature = factories.make_feature()
    said, beside = load(folder, "--feature", feature.slug)
    assert said == f"{feature.slug}, {folder.name}: 2 added. Knowledge revision 1."
    assert beside == "not taken, since there is no reader for it: logo.png"
    assert list(Source.objects.get().documents.values_list("path", flat=True)) == ["a.md", "de/b.txt"]
    assert AuditEvent.objects.get().actor_label == "shell"


def test_somebody_loads_what_is_a_tenants_and_replaces_it(folder):
    feature, tenant = factories.make_feature(), factories.make_tenant()
    engineer = factories.make_user(roles=["engineer"])
    options = ("--feature", feature.slug, "--tenant", tenant.slug, "--source", "ours", "--as", engineer.email)
    load(folder, *options)
    (folder / "a.md").unlink()
    said, _ = load(folder, *options, "--replace")
    assert said.startswith(f"{feature.slug}, ours: 1 unchanged, 1 removed.")
    assert Source.objects.get().tenant == tenant
    assert {event.actor_label for event in AuditEvent.objects.filter(action__startswith="knowledge")} == {
        engineer.email
    }


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--feature", "none"), "no feature 'none'"),
        (("--feature", "{f}", "--tenant", "none"), "no tenant 'none'"),
        (("--feature", "{f}", "--as", "nobody@example"), "Nobody has the e-mail"),
        (("--feature", "{f}", "--as", "{u}"), "may not|permission|allow"),
    ],
)
def test_a_wrong_question_is_refused(folder, options, why):
    names = {"f": factories.make_feature().slug, "u": factories.make_user(roles=["viewer"]).email}
    with pytest.raises(CommandError, match=why) as refused:
        load(folder, *(option.format(**names) for option in options))
    assert refused.value.returncode == 2


def test_files_that_cannot_be_read_are_named_and_nothing_is_loaded(folder):
    for number in range(51):
        (folder / f"bad{number}.md").write_bytes(b"\xff")
    with pytest.raises(CommandError, match=r"bad0\.md: it is not UTF-8") as refused:
        load(folder, "--feature", factories.make_feature().slug)
    assert "and 1 more" in str(refused.value)
    assert not Source.objects.exists()


def test_many_files_without_a_reader_are_counted(folder):
    for number in range(60):
        (folder / f"{number}.png").write_bytes(b"")
    assert load(folder, "--feature", factories.make_feature().slug)[1].endswith("and 11 more")


def test_no_folder_is_said(tmp_path):
    with pytest.raises(CommandError, match="is no folder"):
        load(tmp_path / "none", "--feature", factories.make_feature().slug)


def test_a_database_that_is_away_is_said(folder, monkeypatch):
    def away(_email):
        raise OperationalError("gone")

    monkeypatch.setattr(knowledge, "_actor", away)
    with pytest.raises(CommandError, match="does not answer") as refused:
        load(folder, "--feature", "x")
    assert refused.value.returncode == 3
