"""`manage.py datasets` as people at a shell see it."""

import hashlib

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from aiops.datasets import actions
from aiops.datasets.models import Dataset
from tests.datasets.files import case, jsonl
from tests.factories import make_feature

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_bytes(
        jsonl(*(case(key, expected="x", category="", locale="", tags=[], metadata={}) for key in "ab"))
    )
    return path


def refused(*arguments):
    with pytest.raises(CommandError) as raised:
        call_command("datasets", *arguments)
    assert raised.value.returncode == 2
    return str(raised.value)


def test_import_freeze_export(path, tmp_path, capsys):
    call_command("datasets", "import", str(path), "--name", "triage")
    call_command("datasets", "freeze", "triage", "--note", "first")
    call_command("datasets", "freeze", "triage")
    out = tmp_path / "out.jsonl"
    call_command("datasets", "export", "triage", "--version", "1", "--out", str(out))
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "triage: 2 cases: 2 new, 0 changed, 0 unchanged",
        f"triage v1: 2 cases, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}",
        "triage: nothing has changed since version 1.",
    ]
    assert out.read_bytes() == path.read_bytes()
    assert list(tmp_path.glob("*.part")) == []


def test_export_to_stdout_and_as_csv(path, tmp_path, capfdbinary):
    call_command("datasets", "import", str(path), "--name", "triage")
    capfdbinary.readouterr()
    call_command("datasets", "export", "triage")
    assert capfdbinary.readouterr().out == path.read_bytes()
    out = tmp_path / "out.csv"
    call_command("datasets", "export", "triage", "--out", str(out))
    assert (
        out.read_text().splitlines()[0]
        == "id,input.ticket,expected,category,locale,tags,metadata,must_pass,checks"
    )
    call_command("datasets", "import", str(out), "--name", "triage")
    assert Dataset.objects.get().cases.count() == 2


def test_replace_and_feature(path, tmp_path, capsys):
    feature = make_feature(slug="ticket-triage")
    call_command("datasets", "import", str(path), "--name", "triage", "--feature", "ticket-triage")
    path.write_bytes(jsonl(case("c")))
    call_command(
        "datasets", "import", str(path), "--name", "triage", "--feature", "ticket-triage", "--replace"
    )
    assert capsys.readouterr().out.splitlines()[-1].endswith("1 new, 0 changed, 0 unchanged, 2 removed")
    assert Dataset.objects.get().feature == feature
    make_feature(slug="other")
    assert "triage belongs to" in refused("import", str(path), "--name", "triage", "--feature", "other")


def test_what_promptfoo_says_beyond_is_told(tmp_path, capsys):
    path = tmp_path / "suite.yaml"
    path.write_text("tests:\n- vars: {a: b}\n  options: {}\n")
    call_command("datasets", "import", str(path), "--name", "suite")
    assert capsys.readouterr().err == "not taken over: line 2: test: 'options' was left out\n"


def test_bad_file_is_refused_with_its_lines_and_makes_no_dataset(path):
    path.write_bytes(jsonl(case("a"), case("a"), {"id": "c"}))
    assert refused("import", str(path), "--name", "triage").splitlines() == [
        "Nothing was imported: 2 problems in the file.",
        '  line 2, case a: duplicate id "a", first used on line 1',
        '  line 3, case c: inputs is missing: it maps each variable to its text, as {"ticket": "…"}',
    ]
    assert Dataset.objects.count() == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("export", "nix"), "There is no dataset 'nix'. Datasets: none yet."),
        (("freeze", "nix"), "There is no dataset 'nix'"),
        (("import", "nix.jsonl", "--name", "a"), "No such file or directory: 'nix.jsonl'"),
        (("import", "nix.xlsx", "--name", "a"), "export the sheet as CSV (UTF-8)"),
        (("import", "nix", "--name", "a"), 'The format of "nix" cannot be told by its ending'),
        (("import", __file__, "--format", "csv", "--name", "a b"), 'The name "a b" may hold letters'),
        (
            ("import", __file__, "--format", "csv", "--name", "a", "--feature", "f"),
            "There is no feature 'f'.",
        ),
    ],
)
def test_what_is_asked_wrongly_is_said(arguments, expected):
    assert expected in refused(*arguments)


def test_database_that_does_not_answer_is_said(monkeypatch):
    def fail(*_, **__):
        raise OperationalError("connection refused")

    monkeypatch.setattr(actions, "freeze", fail)
    Dataset.objects.create(name="triage")
    with pytest.raises(CommandError, match="The database does not answer") as raised:
        call_command("datasets", "freeze", "triage")
    assert raised.value.returncode == 3


def test_version_that_is_not_there(path):
    call_command("datasets", "import", str(path), "--name", "triage")
    assert refused("export", "triage", "--version", "3") == "triage has no version 3."
    assert refused("export", "triage", "--out", "/nowhere/x.jsonl").startswith("[Errno 2]")
