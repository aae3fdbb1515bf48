"""What may be asked of datasets, through the actions; each with its audit."""

import hashlib
import io
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict, InvalidInput
from aiops.datasets import actions, export, queries, words
from aiops.datasets.actions import importing, locking
from aiops.datasets.models import Case, Dataset, Upload
from aiops.datasets.queries import CaseFilter
from tests.datasets.files import case, jsonl
from tests.factories import make_feature, make_user

pytestmark = pytest.mark.django_db
SHELL = SystemActor("shell")


@pytest.fixture
def dataset():
    return actions.create_dataset(by=SHELL, name="triage", feature=make_feature(slug="ticket-triage"))


def imported(dataset, *cases, by=SHELL, replace=False):
    file = io.BytesIO(jsonl(*cases))
    counts, _ = actions.import_file(
        by=by, dataset=dataset, file=file, filename="f.jsonl", format="jsonl", replace=replace
    )
    dataset.refresh_from_db()
    return str(counts)


def keys(dataset, number=None):
    return list(queries.in_version(dataset, number or dataset.draft_number).values_list("key", flat=True))


def last_event():
    return AuditEvent.objects.order_by("-id").first()


def test_import_is_counted_and_audited(dataset):
    said = imported(dataset, case("a", category="x", locale="en"), case("b", category="x", locale="ja"))
    assert said == "2 cases: 2 new, 0 changed, 0 unchanged"
    assert (dataset.case_count, dataset.category_count, dataset.locale_count) == (2, 1, 2)
    assert dataset.coverage == [["x", "en", 1], ["x", "ja", 1]]
    assert (dataset.unfrozen_count, dataset.revision) == (2, 1)
    event = last_event()
    assert (event.action, event.actor_label, event.feature) == (
        "datasets.cases_imported",
        "shell",
        "ticket-triage",
    )
    assert event.after["counts"] == said


def test_second_import_leaves_what_is_the_same(dataset):
    imported(dataset, case("a"), case("b"), case("c"))
    before = dict(dataset.cases.values_list("key", "id"))
    said = imported(dataset, case("c"), case("b", expected="new"), case("d"))
    assert said == "3 cases: 1 new, 1 changed, 1 unchanged"
    assert keys(dataset) == ["a", "b", "c", "d"]
    after = dict(queries.draft_cases(dataset).values_list("key", "id"))
    assert {key for key in before if before[key] == after[key]} == {"a", "c"}


def test_replacing_removes_what_the_file_lacks(dataset):
    imported(dataset, case("a"), case("b"))
    assert imported(dataset, case("b"), replace=True) == "1 cases: 0 new, 0 changed, 1 unchanged, 1 removed"
    assert keys(dataset) == ["b"]


def test_bad_file_changes_nothing(dataset):
    imported(dataset, case("a"))
    with pytest.raises(InvalidInput) as raised:
        imported(dataset, case("b"), case("c", locale="!"))
    assert str(raised.value) == "Nothing was imported: 1 problem in the file."
    assert (keys(dataset), AuditEvent.objects.filter(action="datasets.cases_imported").count()) == (["a"], 1)


def test_failing_audit_takes_the_import_with_it(dataset, monkeypatch):
    def fail(**_):
        raise RuntimeError("no audit")

    monkeypatch.setattr("aiops.audit.actions.record", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        imported(dataset, case("a"))
    assert keys(dataset) == []


def test_dataset_holds_at_most_100_000_cases(dataset, monkeypatch):
    monkeypatch.setattr(importing, "MAX_CASES", 1)
    with pytest.raises(InvalidInput, match="triage would hold 2 cases, at most 1"):
        imported(dataset, case("a"), case("b"))


def test_import_of_unknown_format_is_refused(dataset):
    with pytest.raises(InvalidInput, match='There is no format "xml"'):
        actions.import_file(by=SHELL, dataset=dataset, file=io.BytesIO(), filename="f", format="xml")


def test_path_is_imported(dataset, tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_bytes(jsonl(case("a"), case("b")))
    assert actions.import_cases(by=SHELL, dataset=dataset, path=path, format="jsonl") == 2


def test_freeze_keeps_the_draft_as_it_is(dataset):
    imported(dataset, case("a"), case("b"))
    first = actions.freeze(by=SHELL, dataset=dataset, note="the first")
    assert (first.number, first.case_count, dataset.draft_number, dataset.unfrozen_count) == (1, 2, 2, 0)
    imported(dataset, case("b", expected="x"), case("c"))
    second = actions.freeze(by=SHELL, dataset=dataset)
    imported(dataset, case("c"), replace=True)
    assert [keys(dataset, 1), keys(dataset, 2), keys(dataset)] == [["a", "b"], ["a", "b", "c"], ["c"]]
    assert [row.expected for row in queries.cases_of(first)] == [None, None]
    assert [row.expected for row in queries.cases_of(second)] == [None, "x", None]
    assert last_event().action == "datasets.cases_imported"


def test_sum_of_a_version_is_the_one_of_its_export(dataset):
    content = jsonl(
        *(case(key, expected="é", category="c", locale="en", tags=[], metadata={}) for key in "ab")
    )
    actions.import_file(by=SHELL, dataset=dataset, file=io.BytesIO(content), filename="f", format="jsonl")
    version = actions.freeze(by=SHELL, dataset=dataset)
    assert "".join(export.dump(queries.cases_of(version), "jsonl")).encode() == content
    assert version.sha256 == hashlib.sha256(content).hexdigest()


def test_freeze_without_a_change_gives_the_last_version(dataset):
    imported(dataset, case("a"))
    first = actions.freeze(by=SHELL, dataset=dataset)
    imported(dataset, case("a", expected="x"))
    imported(dataset, case("a"))
    assert dataset.unfrozen_count == 0
    assert actions.freeze(by=SHELL, dataset=dataset) == first


def test_empty_draft_is_not_frozen(dataset):
    with pytest.raises(InvalidInput, match="triage has no cases to freeze"):
        actions.freeze(by=SHELL, dataset=dataset)


@pytest.mark.parametrize("name", ["", "new", "a b", "ä", "x" * 101, "a/b"])
def test_bad_name_is_refused(name):
    with pytest.raises(InvalidInput):
        actions.create_dataset(by=SHELL, name=name)


def test_name_is_taken_once(dataset):
    with pytest.raises(Conflict, match='There is a dataset "triage" already'):
        actions.create_dataset(by=SHELL, name="triage")


@pytest.mark.parametrize("scorers", [{"type": "exact"}, [{}], ["exact"], [{"type": "x", "v": "\x00"}]])
def test_bad_scorers_are_refused(dataset, scorers):
    with pytest.raises(InvalidInput):
        actions.change_settings(by=SHELL, dataset=dataset, description="", feature=None, scorers=scorers)


def test_settings_are_changed_and_audited_once(dataset):
    for _ in range(2):
        held = actions.change_settings(
            by=SHELL, dataset=dataset, description="d", feature=dataset.feature, scorers=[{"type": "exact"}]
        )
    assert (held.description, held.scorers) == ("d", [{"type": "exact"}])
    assert AuditEvent.objects.filter(action="datasets.settings_changed").count() == 1


def test_edit_closes_the_row_and_adds_another(dataset):
    imported(dataset, case("a"), case("b"))
    by = make_user(roles=["engineer"])
    old = queries.draft_cases(dataset).get(key="a")
    made = actions.edit_case(
        by=by, case=old, values={"inputs": {"ticket": "Refund, please"}, "category": "refund"}
    )
    old.refresh_from_db()
    assert (old.until, old.closed_by, old.closed_at == made.created_at) == (1, by, True)
    assert (made.position, made.created_by, keys(dataset)) == (old.position, by, ["a", "b"])
    assert queries.filtered(queries.draft_cases(dataset), CaseFilter(text="refund")).get() == made
    event = last_event()
    assert event.before == {"inputs": "{'ticket': 'Where is my order?'}", "category": ""}
    assert event.after["category"] == "refund"


def test_edit_without_a_change_keeps_the_row(dataset):
    imported(dataset, case("a"))
    row = queries.draft_cases(dataset).get()
    assert actions.edit_case(by=SHELL, case=row, values=actions.values_of(row)) == row
    assert dataset.cases.count() == 1


def test_edit_of_a_row_that_another_changed_is_a_conflict(dataset):
    imported(dataset, case("a"))
    row = queries.draft_cases(dataset).get()
    other = make_user(email="other@example.com", roles=["engineer"])
    actions.edit_case(by=other, case=row, values={"inputs": {"ticket": "x"}})
    with pytest.raises(Conflict, match=r'other@example\.com changed the case "a" meanwhile'):
        actions.edit_case(by=SHELL, case=row, values={"inputs": {"ticket": "y"}})


def test_bad_edit_says_all_that_is_wrong(dataset):
    imported(dataset, case("a"))
    with pytest.raises(InvalidInput) as raised:
        actions.edit_case(
            by=SHELL,
            case=queries.draft_cases(dataset).get(),
            values={"inputs": {}, "locale": "!", "metadata": 3},
        )
    assert len(raised.value.problems) == 3


def test_removed_case_comes_back_in_its_place(dataset):
    imported(dataset, case("a"), case("b"))
    version = actions.freeze(by=SHELL, dataset=dataset)
    actions.remove_case(by=SHELL, case=queries.draft_cases(dataset).get(key="a"))
    assert (keys(dataset), keys(dataset, version.number)) == (["b"], ["a", "b"])
    actions.restore_case(by=SHELL, dataset=dataset, key="a")
    dataset.refresh_from_db()
    assert (keys(dataset), dataset.unfrozen_count) == (["a", "b"], 0)
    with pytest.raises(Conflict, match='The case "a" is not removed'):
        actions.restore_case(by=SHELL, dataset=dataset, key="a")


def test_added_case_stands_at_the_end(dataset, monkeypatch):
    imported(dataset, case("b"))
    actions.add_case(by=SHELL, dataset=dataset, values=case("a"))
    assert keys(dataset) == ["b", "a"]
    with pytest.raises(InvalidInput, match='There is a case with the id "a" already'):
        actions.add_case(by=SHELL, dataset=dataset, values=case("a"))
    monkeypatch.setattr("aiops.datasets.actions.editing.MAX_CASES", 2)
    with pytest.raises(InvalidInput, match="which is the most it can have"):
        actions.add_case(by=SHELL, dataset=dataset, values=case("c"))


def uploaded(dataset, *cases, by, replace=False):
    return actions.upload(
        by=by, dataset=dataset, filename="f.jsonl", content=jsonl(*cases), format="jsonl", replace=replace
    )


def test_upload_shows_what_it_would_do_and_does_nothing(dataset, user):
    imported(dataset, case("a"), case("b"), case("c"))
    waiting = uploaded(dataset, case("a"), case("b", expected=["x"]), case("d"), by=user, replace=True)
    assert waiting.preview["counts"] == {"total": 3, "new": 1, "changed": 1, "unchanged": 1, "removed": 1}
    assert [row["state"] for row in waiting.preview["rows"]] == ["changed", "new", "unchanged"]
    assert waiting.preview["removed"] == ["c"]
    assert keys(dataset) == ["a", "b", "c"]


def test_confirmed_upload_does_what_the_preview_said(dataset, user):
    waiting = uploaded(dataset, case("a"), by=user)
    counts = actions.confirm(by=user, upload=waiting)
    assert (keys(dataset), counts.new, Upload.objects.count()) == (["a"], 1, 0)
    assert queries.draft_cases(dataset).get().created_by == user


def test_upload_is_not_confirmed_after_a_change_but_looked_at_again(dataset, user):
    waiting = uploaded(dataset, case("a"), by=user)
    imported(dataset, case("a"))
    with pytest.raises(Conflict, match="have changed since this preview"):
        actions.confirm(by=user, upload=waiting)
    again = actions.look_again(by=user, upload=waiting)
    assert again.preview["counts"]["unchanged"] == 1
    actions.confirm(by=user, upload=again)


def test_upload_is_forgotten_at_once_or_after_a_day(dataset, user):
    uploaded(dataset, case("a"), by=user)
    Upload.objects.update(created_at=clock.now() - timedelta(hours=25))
    new = uploaded(dataset, case("a"), by=user)
    assert list(Upload.objects.all()) == [new]
    actions.discard(by=user, upload=new)
    assert Upload.objects.count() == 0


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (CaseFilter(category="x"), ["en", "ja"]),
        (CaseFilter(category="(none)"), ["ar"]),
        (CaseFilter(locale="ja"), ["ja"]),
        (CaseFilter(tag="vip"), ["en"]),
        (CaseFilter(must_pass=True), ["ja"]),
        (CaseFilter(text="parc"), ["en"]),
        (CaseFilter(text="where late"), []),
        (CaseFilter(text="水漏れ"), ["ja"]),
        (CaseFilter(text="漏"), ["ja"]),
        (CaseFilter(text="طلبي"), ["ar"]),
        (CaseFilter(text="?!"), []),
        (CaseFilter(text="DELIV vip"), ["en"]),
    ],
)
def test_filters(dataset, asked, found):
    imported(
        dataset,
        {
            "id": "en",
            "inputs": {"t": "Where is my parcel?"},
            "expected": {"a": ["delivery"]},
            "category": "x",
            "tags": ["vip"],
        },
        {
            "id": "ja",
            "inputs": {"t": "加湿器が水漏れしています"},
            "category": "x",
            "locale": "ja",
            "must_pass": True,
        },
        {"id": "ar", "inputs": {"t": "أين طلبي؟"}},
    )
    rows = queries.filtered(queries.draft_cases(dataset), asked)
    assert list(rows.values_list("key", flat=True)) == found
    known = asked.count(dataset.coverage)
    assert known in (None, len(found))


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_come_one_after_the_other():
    dataset = actions.create_dataset(by=SHELL, name="busy")
    said, failed = [], []

    def run(start):
        try:
            rows = [case(f"c{n}", expected=str(start)) for n in range(start, start + 300)]
            said.append(imported(Dataset.objects.get(pk=dataset.pk), *rows))
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    dataset.refresh_from_db()
    assert (failed, len(said)) == ([], 3)
    assert (dataset.case_count, dataset.revision, Case.objects.filter(until=None).count()) == (500, 3, 500)


@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_is_told(monkeypatch):
    monkeypatch.setattr(locking, "PATIENCE", "50ms")
    dataset = actions.create_dataset(by=SHELL, name="busy")
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            locking.hold(dataset)
            held.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    try:
        with pytest.raises(Conflict, match="Somebody else is writing to busy"):
            imported(dataset, case("a"))
    finally:
        done.set()
        thread.join()


def test_words_of_a_row_are_those_of_its_texts(dataset):
    imported(dataset, case("a", category="Billing"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(words) FROM datasets_case")
        assert set(cursor.fetchone()[0]) == words.lexemes(["a Billing Where is my order?"])
