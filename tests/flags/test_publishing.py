"""Each table of decisions: a change raises the revision, whoever makes it, and nothing else does."""

from collections.abc import Callable
from decimal import Decimal

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from aiops.budgets.models import Budget
from aiops.features.models import KeyFeature
from aiops.flags import queries
from aiops.flags.models import KillSwitch
from aiops.gateway.listening import address
from aiops.knowledge.models import Knowledge
from tests import factories

CHANGES: dict[str, Callable[[], object]] = {
    "tenants_tenant": factories.make_tenant,
    "tenants_apikey": factories.make_key,
    "catalog_provider": factories.make_provider,
    "catalog_model": factories.make_model,
    "catalog_price": factories.make_price,
    "features_feature": factories.make_feature,
    "features_keyfeature": lambda: KeyFeature.objects.create(
        key=factories.make_key(), feature=factories.make_feature()
    ),
    "features_policyversion": factories.make_policy,
    "deployments_deployment": factories.make_deployment,
    "flags_flag": factories.make_flag,
    "flags_flag_tenants": lambda: factories.make_flag(tenants=[factories.make_tenant()]),
    "flags_killswitch": factories.make_stop,
    "approaches_rulesetversion": factories.make_rules,
    "embeddings_space": factories.make_space,
    "embeddings_choice": factories.make_choice,
    "knowledge_knowledge": lambda: factories.make_document() and Knowledge.objects.get(),
    "budgets_budget": lambda: Budget.objects.create(period="day", amount=5),
}


def revision():
    row = queries.publication()
    return row.revision if row else 0


def at_commit():
    """What a commit would do; then the next change is another transaction's."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SELECT set_config('aiops.published', '', true)")


def publishing_tables():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'flags_publish'")
        return {name for (name,) in cursor.fetchall()}


def test_every_publishing_table_is_tried(db):
    assert publishing_tables() == set(CHANGES)


@pytest.mark.django_db
@pytest.mark.parametrize("table", CHANGES)
def test_a_change_raises_the_revision_at_commit(table):
    CHANGES[table]()
    at_commit()
    made = revision()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} ORDER BY id DESC LIMIT 1")  # noqa: S608 - names of ours
        pk = cursor.fetchone()[0]
        with transaction.atomic():
            try:
                with transaction.atomic():
                    cursor.execute(f"UPDATE {table} SET id = id WHERE id = %s", [pk])  # noqa: S608 - names of ours
            except DatabaseError:  # an immutable table: only its new rows are decisions
                return
    assert revision() == made
    at_commit()
    assert revision() > made


def test_what_is_no_decision_publishes_nothing(db):
    at_commit()
    before = revision()
    factories.make_user()
    factories.make_process()
    factories.make_prompt()
    at_commit()
    assert revision() == before


def test_one_transaction_is_one_revision(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM flags_revision")
        before = cursor.fetchone()[0]
        factories.make_flag(tenants=[factories.make_tenant(), factories.make_tenant()])
        factories.make_stop()
        at_commit()
        cursor.execute("SELECT last_value FROM flags_revision")
        assert cursor.fetchone()[0] == before + 1


def test_a_stop_knows_its_revision_once_it_is_committed(db):
    stop = factories.make_stop()
    assert stop.revision is None
    at_commit()
    stop.refresh_from_db()
    row = queries.publication()
    assert (stop.revision, stop.published_at) == (row.revision, row.at)


@pytest.mark.django_db(transaction=True)
def test_a_commit_notifies_and_a_rollback_does_not():
    with psycopg.connect(**address(), autocommit=True) as line:
        line.execute("LISTEN aiops_decisions")
        with transaction.atomic():
            factories.make_stop()
            transaction.set_rollback(True)
        tenant = factories.make_tenant()
        heard = [note.payload for note in line.notifies(timeout=5, stop_after=1)]
    assert heard == [str(revision())]
    assert (tenant.pk is not None, KillSwitch.objects.count()) == (True, 0)


@pytest.mark.django_db(transaction=True)
def test_a_long_transaction_holds_no_stop_up():
    with psycopg.connect(**address()) as other:
        other.execute("INSERT INTO tenants_tenant (slug, name, created_at) VALUES ('slow', 'Slow', now())")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        stop = factories.make_stop()
        stop.refresh_from_db()
        first = stop.revision
        other.commit()
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")
    assert revision() > first


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE flags_killswitch SET reason = 'other'",
        "UPDATE flags_killswitch SET at = now()",
        "DELETE FROM flags_killswitch",
        "TRUNCATE flags_killswitch CASCADE",
    ],
)
def test_a_stop_stays_what_it_was(db, sql):
    factories.make_stop()
    at_commit()
    with pytest.raises(DatabaseError, match="stop"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_stop_is_lifted_once(db):
    factories.make_stop()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE flags_killswitch SET lifted_at = now()")
        with pytest.raises(DatabaseError, match="lifted once"), transaction.atomic():
            cursor.execute("UPDATE flags_killswitch SET lifted_at = NULL")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE tenants_apikey SET digest = repeat('0', 64)",
        "UPDATE tenants_apikey SET tenant_id = NULL",
    ],
)
def test_a_key_stays_what_it_was(db, sql):
    factories.make_key()
    with pytest.raises(DatabaseError, match="a key stays"), transaction.atomic():
        connection.cursor().execute(sql)


def test_a_policy_and_what_served_are_immutable(db):
    factories.make_policy()
    factories.make_deployment(share=Decimal(0))
    for sql in (
        "UPDATE features_policyversion SET note = 'x'",
        "UPDATE deployments_served SET kind = 'search'",
    ):
        with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
            connection.cursor().execute(sql)
