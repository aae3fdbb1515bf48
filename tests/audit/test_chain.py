"""The chain: what the database promises about the audit, and what `verify` finds where somebody broke in."""

from contextlib import contextmanager
from threading import Thread

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django.db.utils import InternalError

from aiops.audit import actions as audit
from aiops.audit import chain, offline, queries
from aiops.audit.models import AuditEvent, AuditLink
from aiops.core.actors import SystemActor
from aiops.tenants.models import Tenant
from tests.factories import make_tenant

SHELL = SystemActor("shell")


def add(count=1, **values):
    """Record `count` events in one committed transaction each."""
    tenant = Tenant.objects.first() or make_tenant()
    for n in range(count):
        with transaction.atomic():
            audit.record(
                **{"by": SHELL, "action": f"tests.act_{n}", "on": tenant, "after": {"n": n}, **values}
            )


@contextmanager
def as_intruder():
    """Past the triggers, as a superuser can."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor


def events():
    return list(AuditEvent.objects.order_by("id").values_list("id", flat=True))


@pytest.mark.django_db(transaction=True)
def test_an_untouched_chain_verifies():
    add(3)
    report = chain.verify()
    assert (report.seq, report.broken) == (3, "")
    assert report.head == queries.head().hash


@pytest.mark.django_db(transaction=True)
def test_an_empty_chain_verifies():
    assert str(chain.verify()) == f"OK: 0 links, each fits. Head: {'0' * 64}"
    assert queries.head() is None


@pytest.mark.django_db(transaction=True)
def test_the_database_and_python_agree_on_the_hash_of_unusual_content():
    add(1, reason="“quotes”, \\ and\nlines, 日本語 🎌", before={"ü": [1, 2.50, None, True], "a": "\u2028"})
    assert chain.verify().broken == ""


@pytest.mark.parametrize("table", ["audit_auditevent", "audit_link"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET {} = {}"])
@pytest.mark.django_db(transaction=True)
def test_rows_are_only_ever_added(table, statement):
    add()
    column = "reason" if table == "audit_auditevent" else "hash"
    with pytest.raises(DatabaseError, match=f"{table} is append-only"), connection.cursor() as cursor:
        cursor.execute(statement.format(table, column, column))


@pytest.mark.django_db(transaction=True)
def test_links_are_made_by_the_trigger_alone():
    with pytest.raises((InternalError, DatabaseError), match="audit_link is append-only: INSERT is refused"):
        AuditLink.objects.create(seq=1, event_id=1, prev_hash=offline.GENESIS, hash="f" * 64)


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (
            "UPDATE audit_auditevent SET reason = 'other' WHERE id = %s",
            "the event's content, or its hash, was changed",
        ),
        (
            "UPDATE audit_auditevent SET after = '{}' WHERE id = %s",
            "the event's content, or its hash, was changed",
        ),
        ("UPDATE audit_auditevent SET at = at + interval '1 us' WHERE id = %s", "the event's content"),
        ("DELETE FROM audit_auditevent WHERE id = %s", "the event is gone"),
        (
            "UPDATE audit_link SET prev_hash = repeat('a', 64) WHERE event_id = %s",
            "it does not continue link 1",
        ),
        ("UPDATE audit_link SET hash = repeat('a', 64) WHERE event_id = %s", "its hash, was changed"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_verify_points_at_the_row_that_was_tampered_with(tamper, found):
    add(3)
    second = events()[1]
    with as_intruder() as cursor:
        cursor.execute(tamper, [second])
    report = chain.verify()
    assert report.seq == 1
    assert report.broken.startswith(f"Link 2, event {second}: ")
    assert found in report.broken


@pytest.mark.django_db(transaction=True)
def test_verify_sees_a_removed_pair_of_event_and_link():
    add(3)
    _, second, third = events()
    with as_intruder() as cursor:
        cursor.execute("DELETE FROM audit_auditevent WHERE id = %s", [second])
        cursor.execute("DELETE FROM audit_link WHERE event_id = %s", [second])
    assert (
        chain.verify().broken
        == f"Link 3, event {third}: the link before it is 1; what was between them is gone."
    )


@pytest.mark.django_db(transaction=True)
def test_verify_sees_an_event_without_link():
    add(2)
    last = events()[1]
    with as_intruder() as cursor:
        cursor.execute("DELETE FROM audit_link WHERE event_id = %s", [last])
    assert chain.verify().broken.startswith(f"Event {last} has no link")


@pytest.mark.django_db(transaction=True)
def test_a_tail_that_was_cut_off_is_seen_by_a_head_noted_earlier():
    add(3)
    noted = chain.verify().head
    last = events()[-1]
    with as_intruder() as cursor:
        cursor.execute("DELETE FROM audit_auditevent WHERE id = %s", [last])
        cursor.execute("DELETE FROM audit_link WHERE event_id = %s", [last])
    assert chain.verify().broken == ""
    assert "is not in the chain" in chain.verify(head=noted).broken


@pytest.mark.django_db(transaction=True)
def test_a_noted_head_stays_valid_when_the_chain_grows():
    add()
    noted = chain.verify().head
    add(2)
    assert chain.verify(head=noted).broken == ""


@pytest.mark.django_db(transaction=True)
def test_an_act_that_is_rolled_back_leaves_no_record():
    tenant = make_tenant()
    with transaction.atomic():
        audit.record(by=SHELL, action="tests.failed", on=tenant)
        transaction.set_rollback(True)
    assert (AuditEvent.objects.count(), AuditLink.objects.count()) == (0, 0)
    add()
    assert chain.verify().seq == 1


def in_threads(*works):
    """Run each of `works` in a thread with a connection of its own, and let errors surface."""
    errors = []

    def run(work):
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised again below, in the test's thread
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []


@pytest.mark.django_db(transaction=True)
def test_commits_at_the_same_time_make_one_unbroken_chain():
    make_tenant()
    in_threads(*[lambda: add(25)] * 4)
    report = chain.verify()
    assert (report.seq, report.broken) == (100, "")


@pytest.mark.django_db(transaction=True)
def test_a_long_transaction_holds_nobody_up():
    make_tenant()
    with transaction.atomic():
        audit.record(by=SHELL, action="tests.long", on=Tenant.objects.get())
        in_threads(lambda: add(3))
    order = AuditLink.objects.order_by("seq").values_list("event_id", flat=True)
    assert order[3] == AuditEvent.objects.get(action="tests.long").pk
    assert chain.verify().seq == 4


@pytest.mark.django_db(transaction=True)
def test_ten_thousand_events_verify(tmp_path):
    tenant = make_tenant()
    with transaction.atomic():
        audit.record(by=SHELL, action="tests.first", on=tenant)
        first = AuditEvent.objects.get()
        first.pk = None
        AuditEvent.objects.bulk_create(
            [AuditEvent(**{**_columns(first), "reason": str(n)}) for n in range(9_999)]
        )
    assert chain.verify(export=tmp_path / "chain.jsonl").seq == 10_000
    with (tmp_path / "chain.jsonl").open() as file:
        assert offline.check(offline.read(file)).seq == 10_000


def _columns(event):
    return {
        field.attname: getattr(event, field.attname) for field in event._meta.fields if field.attname != "id"
    }


@pytest.mark.django_db(transaction=True)
def test_the_command_says_the_head(capsys):
    add(2)
    call_command("audit", "verify")
    assert capsys.readouterr().out == f"OK: 2 links, each fits. Head: {queries.head().hash}\n"


@pytest.mark.django_db(transaction=True)
def test_the_command_fails_with_the_first_broken_row_and_still_exports_all(tmp_path):
    add(3)
    with as_intruder() as cursor:
        cursor.execute("UPDATE audit_auditevent SET reason = 'other' WHERE id = %s", [events()[0]])
    with pytest.raises(CommandError, match=r"BROKEN after 0 good links\. Link 1, event") as caught:
        call_command("audit", "verify", "--export", tmp_path / "chain.jsonl")
    assert caught.value.returncode == 1
    assert len((tmp_path / "chain.jsonl").read_text().splitlines()) == 3
