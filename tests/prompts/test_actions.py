"""Prompts, versions and labels: what each act does, refuses and records."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from aiops.audit import actions as audit
from aiops.audit.models import AuditEvent
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from aiops.prompts import actions, queries
from aiops.prompts.models import Label, Prompt, Version
from tests.factories import make_feature, make_label, make_prompt, make_user, make_version

pytestmark = pytest.mark.django_db
SHELL = SystemActor("shell")


def source(text: str = "Hello {{ name }}.", header: str = "") -> bytes:
    return f"---\nname: greet\nvariables: {{name: {{type: string}}}}\n{header}---\n{text}\n".encode()


def events() -> list[tuple[str, str, object, object]]:
    rows = AuditEvent.objects.order_by("id")
    return [(row.action, row.actor_label, row.before, row.after) for row in rows]


@pytest.fixture
def prompt() -> Prompt:
    return make_prompt(name="greet", feature=make_feature(slug="support"))


def test_new_prompt_is_recorded(user):
    made = actions.create_prompt(
        by=user, name="greet", description="Hi", feature=make_feature(slug="support")
    )
    assert (made.name, made.description, made.feature.slug) == ("greet", "Hi", "support")
    assert events() == [
        ("prompts.prompt_created", user.email, None, {"description": "Hi", "feature": "support"})
    ]
    assert AuditEvent.objects.get().feature == "support"


def test_prompt_that_exists_is_refused(prompt):
    with pytest.raises(Conflict, match="a prompt named 'greet' exists already"):
        actions.create_prompt(by=SHELL, name="greet")


@pytest.mark.parametrize("name", ["", "Greet", "a b", "-a", "a/b", "new", "é", "a" * 101, "a\n"])
def test_bad_name_is_refused(name):
    with pytest.raises(InvalidInput, match="is no name of a prompt"):
        actions.create_prompt(by=SHELL, name=name)


def test_version_keeps_its_bytes_and_says_who_made_it(prompt, user):
    given = b"\xef\xbb\xbf" + source(header="parameters: {temperature: 0}\nmodel: sim-large\n").replace(
        b"\n", b"\r\n"
    )
    made = actions.create_version(by=user, prompt=prompt, source=given, note="first")
    made.refresh_from_db()
    assert bytes(made.source) == given
    assert (made.number, made.author, made.note, made.model) == (1, user, "first", "sim-large")
    assert made.messages == [{"role": "user", "template": "Hello {{ name }}."}]
    assert (made.variables, made.parameters) == ({"name": {"type": "string"}}, {"temperature": 0})
    assert events() == [
        ("prompts.version_created", user.email, None, {"version": 1, "sha256": made.sha256, "note": "first"})
    ]


def test_output_schema_keeps_the_order_of_its_keys(prompt):
    header = "output_schema: {type: object, properties: {reasoning: {type: string}, a: {type: string}}}\n"
    made = actions.create_version(by=SHELL, prompt=prompt, source=source(header=header))
    made.refresh_from_db()
    assert list(made.output_schema["properties"]) == ["reasoning", "a"]


def test_same_source_makes_no_version(prompt):
    first = actions.create_version(by=SHELL, prompt=prompt, source=source())
    assert actions.create_version(by=SHELL, prompt=prompt, source=source()) == first
    assert AuditEvent.objects.count() == 1


def test_going_back_to_older_text_is_a_new_version(prompt):
    for text in ("Hello {{ name }}.", "Hi {{ name }}.", "Hello {{ name }}."):
        actions.create_version(by=SHELL, prompt=prompt, source=source(text))
    assert queries.numbers_of(prompt) == [3, 2, 1]


def test_version_of_another_prompt_is_refused():
    with pytest.raises(InvalidInput, match="the file is of the prompt 'greet', this is 'other'"):
        actions.create_version(by=SHELL, prompt=make_prompt(name="other"), source=source())


def test_note_that_is_too_long_is_refused(prompt):
    with pytest.raises(InvalidInput, match="the note has 5,001 characters"):
        actions.create_version(by=SHELL, prompt=prompt, source=source(), note="x" * 5001)


def test_later_version_of_somebody_else_is_a_conflict(prompt, user):
    actions.create_version(by=user, prompt=prompt, source=source(), based_on=0)
    with pytest.raises(
        Conflict, match=f"version 1 was saved meanwhile by {user.email}; you began with version 0"
    ):
        actions.create_version(by=SHELL, prompt=prompt, source=source("Hi {{ name }}."), based_on=0)
    assert (
        actions.create_version(by=SHELL, prompt=prompt, source=source("Hi {{ name }}."), based_on=1).number
        == 2
    )


def test_begun_with_a_version_that_is_gone_is_a_conflict(prompt):
    with pytest.raises(Conflict, match="version 4 is gone"):
        actions.create_version(by=SHELL, prompt=prompt, source=source(), based_on=4)


def test_description_of_the_file_becomes_that_of_the_prompt(prompt):
    actions.create_version(by=SHELL, prompt=prompt, source=source(header="description: Says hello\n"))
    prompt.refresh_from_db()
    assert prompt.description == "Says hello"
    assert events()[-1] == (
        "prompts.prompt_described", "shell", {"description": ""}, {"description": "Says hello"}
    )  # fmt: skip  # short names, packed: they would fill the page


def test_label_is_made_then_moved_with_before_and_after(prompt, user):
    first, second = make_version(prompt=prompt), make_version(prompt=prompt)
    actions.move_label(by=user, prompt=prompt, name="staging", version=first, expected=0)
    actions.move_label(by=user, prompt=prompt, name="staging", version=second, expected=1, reason="better")
    assert Label.objects.get().version == second
    assert events() == [
        ("prompts.label_moved", user.email, None, {"version": 1}),
        ("prompts.label_moved", user.email, {"version": 1}, {"version": 2}),
    ]
    assert AuditEvent.objects.first().reason == "better"


def test_label_that_stays_is_not_recorded(prompt):
    label = make_label(version=make_version(prompt=prompt), name="staging")
    actions.move_label(by=SHELL, prompt=prompt, name=label.name, version=label.version)
    assert not AuditEvent.objects.exists()


def test_label_that_moved_meanwhile_is_a_conflict(prompt):
    make_version(prompt=prompt)
    label = make_label(version=make_version(prompt=prompt), name="trying")
    with pytest.raises(Conflict, match="the label 'trying' is on v2 by now"):
        actions.move_label(by=SHELL, prompt=prompt, name="trying", version=label.version, expected=1)
    with pytest.raises(Conflict, match="the label 'staging' is gone by now"):
        actions.move_label(by=SHELL, prompt=prompt, name="staging", version=label.version, expected=1)


def test_label_of_a_bad_name_or_on_another_prompts_version_is_refused(prompt):
    with pytest.raises(InvalidInput, match="is no label"):
        actions.move_label(by=SHELL, prompt=prompt, name="No", version=make_version(prompt=prompt))
    with pytest.raises(InvalidInput, match="is no version of greet"):
        actions.move_label(by=SHELL, prompt=prompt, name="staging", version=make_version())


def test_label_is_taken_off(prompt):
    make_label(version=make_version(prompt=prompt), name="staging")
    actions.remove_label(by=SHELL, prompt=prompt, name="staging")
    assert not Label.objects.exists()
    assert events() == [("prompts.label_removed", "shell", {"version": 1}, None)]
    with pytest.raises(NotFound, match="greet has no label 'staging'"):
        actions.remove_label(by=SHELL, prompt=prompt, name="staging")


def test_production_moves_by_no_label(prompt):
    label = make_label(version=make_version(prompt=prompt))
    with pytest.raises(NotAllowed, match="production moves by a review"):
        actions.move_label(by=SHELL, prompt=prompt, name="production", version=make_version(prompt=prompt))
    with pytest.raises(NotAllowed, match="production moves by a review"):
        actions.remove_label(by=SHELL, prompt=prompt, name=label.name)


@pytest.mark.parametrize("act", ["prompt", "version", "label", "removal"])
def test_act_whose_record_fails_is_undone(prompt, monkeypatch, act):
    version = make_version(prompt=prompt)
    make_label(version=version, name="staging")
    monkeypatch.setattr(
        audit.AuditEvent.objects, "create", lambda **_: (_ for _ in ()).throw(RuntimeError("full"))
    )
    before = (Prompt.objects.count(), Version.objects.count(), Label.objects.count())
    acts = {
        "prompt": lambda: actions.create_prompt(by=SHELL, name="other"),
        "version": lambda: actions.create_version(by=SHELL, prompt=prompt, source=source()),
        "label": lambda: actions.move_label(by=SHELL, prompt=prompt, name="trying", version=version),
        "removal": lambda: actions.remove_label(by=SHELL, prompt=prompt, name="staging"),
    }
    with pytest.raises(RuntimeError, match="full"):
        acts[act]()
    assert (Prompt.objects.count(), Version.objects.count(), Label.objects.count()) == before


def run(sql: str, values: Any = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def refused(sql: str, *values: object) -> str:
    """Why the database refuses `sql`, its deferred checks included."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        run(sql, values)
    return str(error.value).splitlines()[0]


@pytest.mark.parametrize(
    "change", ["source = ''", "note = 'x'", "number = 9", "author_id = NULL", "model = 'y'"]
)
def test_database_refuses_to_change_a_version(change):
    version = make_version()
    assert refused(f"UPDATE prompts_version SET {change} WHERE id = %s", version.pk) == (  # noqa: S608 - our own words
        f"version 1 of prompt {version.prompt_id} is immutable: make a new version"
    )


def test_database_refuses_to_delete_a_version_that_a_label_names():
    label = make_label()
    assert "prompts_label_of_same_prompt" in refused(
        "DELETE FROM prompts_version WHERE id = %s", label.version_id
    )


def test_database_refuses_to_empty_the_versions():
    assert refused("TRUNCATE prompts_version CASCADE") == "versions of prompts are kept: TRUNCATE is refused"


def test_database_refuses_a_label_on_another_prompts_version():
    label, other = make_label(name="staging"), make_version()
    message = refused("UPDATE prompts_label SET version_id = %s WHERE id = %s", other.pk, label.pk)
    assert "prompts_label_of_same_prompt" in message


def test_database_lets_a_version_go_that_nothing_names():
    version = make_version()
    run("DELETE FROM prompts_version WHERE id = %s", (version.pk,))
    assert not Version.objects.exists()


def test_comparison_begins_with_production_else_with_the_one_before(prompt):
    versions = [make_version(prompt=prompt) for _ in range(3)]
    assert [queries.compared_with(prompt, number) for number in (3, 1)] == [2, 1]
    make_label(version=versions[0])
    assert [queries.compared_with(prompt, number) for number in (3, 1)] == [1, 1]


def test_author_of_a_version_is_the_person_and_nobody_for_the_shell(prompt):
    person = make_user(roles=["engineer"])
    assert actions.create_version(by=person, prompt=prompt, source=source()).author == person
    assert actions.create_version(by=SHELL, prompt=prompt, source=source("Hi {{ name }}.")).author is None
