"""Frozen versions stay as they are, whoever writes: plain SQL as the database's owner."""

import pytest
from django.db import DatabaseError, connection, transaction

from aiops.core.actors import SystemActor
from aiops.datasets import actions, queries, tally
from tests.factories import make_case, make_dataset

pytestmark = pytest.mark.django_db
SHELL = SystemActor("shell")


@pytest.fixture
def frozen():
    dataset = make_dataset()
    make_case(dataset=dataset, key="a")
    make_case(dataset=dataset, key="b")
    tally.recount(dataset)
    return actions.freeze(by=SHELL, dataset=dataset)


def refused(sql, *values):
    with pytest.raises(DatabaseError) as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return str(raised.value).splitlines()[0]


@pytest.mark.parametrize(
    "change",
    [
        "inputs = '{}'",
        "expected = '1'",
        "category = 'z'",
        "key = 'z'",
        "since = 2",
        "position = 99",
        "digest = ''",
        "words = NULL",
        "created_at = now()",
    ],
)
def test_case_is_never_changed(frozen, change):
    said = refused(f"UPDATE datasets_case SET {change}")  # noqa: S608 - from the list above
    assert said == "a case is never changed: close it and add another"


def test_case_is_closed_in_the_draft_only(frozen):
    for until in (1, 3):
        said = refused("UPDATE datasets_case SET until = %s, closed_at = now() WHERE key = 'a'", until)
        assert said == "a case is closed once, and in the draft only"


def test_case_is_closed_once(frozen):
    case = queries.cases_of(frozen).get(key="a")
    actions.remove_case(by=SHELL, case=case)
    said = "a case is closed once, and in the draft only"
    assert refused("UPDATE datasets_case SET until = NULL, closed_at = NULL WHERE key = 'a'") == said
    assert refused("UPDATE datasets_case SET closed_at = now() WHERE key = 'a'") == said


def test_case_is_closed_with_its_time(frozen):
    assert "datasets_case_closed_together" in refused("UPDATE datasets_case SET until = 2 WHERE key = 'a'")


def test_case_is_added_to_the_draft_only(frozen):
    insert = """
    INSERT INTO datasets_case (dataset_id, key, since, position, inputs, category, locale, tags, metadata,
        must_pass, checks, digest, created_at)
    VALUES (%s, 'new', %s, 9, '{}', '', '', '{}', '{}', false, '[]', '', now())
    """
    for since in (1, 3):
        assert refused(insert, frozen.dataset_id, since) == "a case is added to the draft only"
    with connection.cursor() as cursor:
        cursor.execute(insert, [frozen.dataset_id, 2])


def test_case_of_a_version_is_never_deleted(frozen):
    assert refused("DELETE FROM datasets_case") == "a case of a frozen version is never deleted"
    make_case(dataset=frozen.dataset, key="new")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM datasets_case WHERE key = 'new'")
        assert cursor.rowcount == 1


def test_version_is_never_changed_or_deleted(frozen):
    said = "a frozen dataset version is never changed or deleted"
    assert refused("UPDATE datasets_datasetversion SET note = 'x'") == said
    assert refused("DELETE FROM datasets_datasetversion") == said


def test_only_the_draft_is_frozen(frozen):
    for number in (1, 3):
        said = refused(
            "INSERT INTO datasets_datasetversion"
            " (dataset_id, number, note, case_count, coverage, sha256, frozen_at)"
            " VALUES (%s, %s, '', 0, '[]', '', now())",
            frozen.dataset_id,
            number,
        )
        assert said == "only the draft can be frozen"


def test_draft_number_never_falls(frozen):
    assert (
        refused("UPDATE datasets_dataset SET draft_number = 1") == "the draft number of a dataset never falls"
    )


def test_dataset_with_versions_is_never_deleted(frozen):
    assert "violates foreign key" in refused("DELETE FROM datasets_dataset; SET CONSTRAINTS ALL IMMEDIATE")
