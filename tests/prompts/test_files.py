# ruff: noqa: E501 - a table of inputs and answers is read by rows
"""Prompts as files: what an import does, what it refuses, and that bytes come back as they were."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from aiops.core.actors import SystemActor
from aiops.core.errors import InvalidInput
from aiops.prompts import actions, files, queries
from aiops.prompts.models import Label, Prompt, Version
from aiops.releases import actions as releases
from aiops.releases.models import ReviewRequest
from tests.factories import make_feature, make_user

pytestmark = pytest.mark.django_db
SHELL = SystemActor("shell")
TRIAGE = b"---\nname: triage\nvariables: {ticket: {type: string}}\nlabels: [production]\n---\nWhich team? {{ ticket }}\n"


def write(folder: Path, **sources: bytes) -> Path:
    for name, source in sources.items():
        (folder / f"{name}.prompt").write_bytes(source)
    return folder


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("prompts", *arguments, stdout=out)
    return out.getvalue()


def test_import_then_export_gives_the_same_bytes(tmp_path):
    odd = b"\xef\xbb\xbf---\r\n# a comment\r\nname:   odd\r\nvariables: {}\r\n---\r\n\r\nCaf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac\r\n\r\n"
    (tmp_path / "a").mkdir()
    files.import_folder(write(tmp_path / "a", triage=TRIAGE, odd=odd), by=SHELL)
    files.export_folder(tmp_path / "b")
    assert (tmp_path / "b" / "triage.prompt").read_bytes() == TRIAGE
    assert (tmp_path / "b" / "odd.prompt").read_bytes() == odd
    assert list(files.differences(tmp_path / "a")) == []


def test_first_import_sets_the_labels_of_the_file_but_production(tmp_path):
    source = TRIAGE.replace(b"[production]", b"[production, staging]")
    result = files.import_folder(write(tmp_path, triage=source), by=SHELL)
    assert Label.objects.get().name == "staging"
    assert result.reviews == [Version.objects.get()]


def test_second_import_makes_no_version(tmp_path):
    write(tmp_path, triage=TRIAGE)
    files.import_folder(tmp_path, by=SHELL)
    assert files.import_folder(tmp_path, by=SHELL) == files.Import(unchanged=1)
    assert Version.objects.count() == 1


def test_import_of_a_change_makes_a_version_and_moves_no_label(tmp_path):
    source = TRIAGE.replace(b"[production]", b"[production, staging]")
    files.import_folder(write(tmp_path, triage=source), by=SHELL)
    first = Version.objects.get()
    releases.adopt(by=SHELL, version=first, reason="serves")
    result = files.import_folder(write(tmp_path, triage=source + b"Now.\n"), by=SHELL)
    assert result.changes == ["triage: version 2"]
    assert result.notes == ["triage: staging stays at v1; move it to v2 in the console"]
    assert [version.number for version in result.reviews] == [2]
    assert queries.exported()[0].number == 1
    assert list(files.differences(tmp_path)) == []


def test_check_of_an_older_version_that_is_not_live_says_that_it_differs(tmp_path):
    files.import_folder(write(tmp_path, triage=TRIAGE), by=SHELL)
    releases.adopt(by=SHELL, version=Version.objects.get(), reason="serves")
    for text in (b"Now.\n", b"Later.\n"):
        files.import_folder(write(tmp_path, triage=TRIAGE + text), by=SHELL)
    assert list(files.differences(write(tmp_path, triage=TRIAGE + b"Now.\n"))) == [
        "triage.prompt: differs from version 1"
    ]


def test_import_of_a_new_prompt_belongs_to_the_feature_of_its_name(tmp_path):
    feature = make_feature(slug="triage")
    files.import_folder(write(tmp_path, triage=TRIAGE), by=SHELL)
    assert Prompt.objects.get(name="triage").feature == feature


def test_import_of_a_file_with_a_mistake_changes_nothing(tmp_path):
    write(tmp_path, triage=TRIAGE, broken=b"---\nname: broken\n---\n{{ x }}\n{% include 'y' %}\n")
    with pytest.raises(InvalidInput) as refused:
        files.import_folder(tmp_path, by=SHELL)
    assert [str(problem) for problem in refused.value.problems] == [
        "broken.prompt: line 4: the variable 'x' is used and not declared; add it to `variables:`, as x: {type: string}",
        "broken.prompt: line 5: include is not available in prompts: they have variables, if, for and filters",
    ]
    assert not Prompt.objects.exists()


@pytest.mark.parametrize(
    ("file_name", "source", "problem"),
    [
        ("other.prompt", TRIAGE, "other.prompt: name: says 'triage', and the file is called other.prompt"),
        ("Bad Name.prompt", TRIAGE, "Bad Name.prompt: 'Bad Name' is no name of a prompt: lower-case letters, digits, '-' and '_', at most 100, and not 'new'"),
        ("latin.prompt", b"---\nname: latin\n---\ncaf\xe9\n", "latin.prompt: line 4: byte 0xe9 is no UTF-8; save the file as UTF-8"),
        ("large.prompt", b"x" * 5_000_000, "large.prompt: the file has more than 200,000 bytes"),
        ("several.txt", b"one\n---\ntwo\n", "several.txt: line 2: a '---' line separates several prompts; put each into a file of its own"),
        ("chat.json", b"[\n{]", "chat.json: line 2: this is no JSON: Expecting property name enclosed in double quotes"),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_refused_files_say_what_is_wrong_and_where(tmp_path, file_name, source, problem):
    (tmp_path / file_name).write_bytes(source)
    with pytest.raises(InvalidInput) as refused:
        files.read_folder(tmp_path)
    assert [str(found) for found in refused.value.problems] == [problem]


def test_folder_among_the_files_is_named(tmp_path):
    (tmp_path / "sub.prompt").mkdir()
    with pytest.raises(InvalidInput, match="1 problem"):
        files.read_folder(tmp_path)


def test_two_files_of_one_prompt_are_refused(tmp_path):
    write(tmp_path, triage=TRIAGE)
    (tmp_path / "triage.txt").write_bytes(b"Hello {{ name }}\n")
    with pytest.raises(InvalidInput) as refused:
        files.read_folder(tmp_path)
    assert [str(problem) for problem in refused.value.problems] == [
        "triage.txt: another file is of the prompt 'triage' too"
    ]


def test_promptfoo_files_become_prompts_and_stay_in_step(tmp_path):
    (tmp_path / "greet.txt").write_text("Greet {{ name }} in {{ language }}.\n")
    (tmp_path / "chat.json").write_text(
        '[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "{{ question }}"}]'
    )
    files.import_folder(tmp_path, by=SHELL)
    assert sorted(Version.objects.get(prompt__name="greet").variables) == ["language", "name"]
    assert [part["role"] for part in Version.objects.get(prompt__name="chat").messages] == ["system", "user"]
    assert list(files.differences(tmp_path)) == []


def test_export_writes_production_and_else_the_latest(tmp_path):
    prompt = actions.create_prompt(by=SHELL, name="triage")
    first = actions.create_version(by=SHELL, prompt=prompt, source=TRIAGE)
    actions.create_version(by=SHELL, prompt=prompt, source=TRIAGE + b"Now.\n")
    actions.create_prompt(by=SHELL, name="without-versions")
    assert [row.number for row in queries.exported()] == [2]
    releases.adopt(by=SHELL, version=first, reason="serves")
    files.export_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["triage.prompt"]
    assert (tmp_path / "triage.prompt").read_bytes() == TRIAGE


def test_check_says_each_difference_and_exits_1(tmp_path):
    files.import_folder(write(tmp_path, triage=TRIAGE, gone=b"Nothing to fill.\n"), by=SHELL)
    (tmp_path / "gone.prompt").unlink()
    write(tmp_path, triage=TRIAGE + b"One more line.\n", extra=b"Hello.\n")
    assert list(files.differences(tmp_path)) == [
        "extra.prompt: only in the folder; an import makes the prompt",
        "gone.prompt: only in the database (version 1); an export writes the file",
        "triage.prompt: differs from version 1",
    ]
    with pytest.raises(CommandError, match=r"3 differences between .* and the database"):
        command("import", str(tmp_path), "--check")
    assert Version.objects.count() == 2


def test_commands_say_what_they_did(tmp_path):
    write(tmp_path, triage=TRIAGE)
    author = make_user(roles=["engineer"])
    assert command("import", str(tmp_path), "--as", author.email.upper()) == (
        "triage: new prompt, version 1\n"
        "triage: nothing is in production; v1 waits for its review: "
        f"{settings.PUBLIC_URL}/releases/{ReviewRequest.objects.get().pk}/\n1 version made, 0 unchanged\n"
    )
    assert Version.objects.get().author == author
    write(tmp_path, stranger=b"Hello.\n")
    assert command("export", str(tmp_path)) == (
        f"stranger.prompt: no prompt stands for it, left as it is\n1 prompt written to {tmp_path}\n"
    )
    (tmp_path / "stranger.prompt").unlink()
    assert command("import", str(tmp_path), "--check") == f"{tmp_path} and the database agree\n"


def test_commands_refuse_in_words(tmp_path):
    write(tmp_path, broken=b"{{ x\n")
    with pytest.raises(CommandError, match=r"^broken.prompt: line 1: unexpected end of template"):
        command("import", str(tmp_path))
    with pytest.raises(CommandError, match=r"nobody has the e-mail address nobody@example\.com"):
        command("import", str(tmp_path), "--as", "nobody@example.com")
    with pytest.raises(CommandError, match="lacks the permission"):
        command("import", str(tmp_path), "--as", make_user(roles=["finance"]).email)
    with pytest.raises(CommandError, match="does not exist"):
        command("import", str(tmp_path / "nowhere"))


def test_one_file_is_imported_alone(tmp_path):
    write(tmp_path, triage=TRIAGE, other=b"{{ broken")
    assert files.import_folder(tmp_path / "triage.prompt", by=SHELL).changes == [
        "triage: new prompt, version 1"
    ]


def test_folder_with_too_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILES", 1)
    write(tmp_path, a=b"a", b=b"b")
    with pytest.raises(InvalidInput, match="has 2 files, at most 1 are read"):
        files.read_folder(tmp_path)


def test_change_back_to_the_latest_version_makes_none(tmp_path):
    files.import_folder(write(tmp_path, triage=TRIAGE), by=SHELL)
    files.import_folder(write(tmp_path, triage=TRIAGE + b"Now.\n"), by=SHELL)
    again = files.import_folder(tmp_path, by=SHELL)
    assert (again.changes, again.unchanged) == ([], 1)


def test_label_that_is_on_the_version_already_is_left_alone(tmp_path):
    prompt = actions.create_prompt(by=SHELL, name="triage")
    staged = TRIAGE.replace(b"production", b"staging")
    version = actions.create_version(by=SHELL, prompt=prompt, source=staged)
    actions.move_label(by=SHELL, prompt=prompt, name="staging", version=version)
    older = actions.create_version(by=SHELL, prompt=prompt, source=TRIAGE)
    releases.adopt(by=SHELL, version=older, reason="serves")
    actions.create_version(by=SHELL, prompt=prompt, source=staged)
    actions.move_label(by=SHELL, prompt=prompt, name="staging", version=queries.latest_version(prompt))
    assert files.import_folder(write(tmp_path, triage=staged), by=SHELL) == files.Import(unchanged=1)
