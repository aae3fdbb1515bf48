"""If the record cannot be written, the act has not happened: tried on every action, with a failing insert."""

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from tests.architecture.test_actions import EXEMPT, actions
from tests.architecture.trials import TRIALS

# Actions without a trial; each with its reason.
NOT_TRIED = {
    "catalog: apply_prices": "the second half of import_prices, which is tried",
    "catalog: reseal_keys": "needs two encryption keys: tests/catalog tries it",
    "datasets: import_cases": "opens the file and hands it to import_file, which is tried",
    "datasets: restore_case": "an add_case of what was there, which is tried",
    "evaluations: weigh_judges": "one weigh_judge after the other, which is tried",
    "evaluations: continue_run": "needs a run that stopped halfway: tests/evaluations tries it",
}

FAIL = """
    CREATE FUNCTION trial_fails() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit cannot be written'; END $$;
    CREATE TRIGGER trial_fails BEFORE INSERT ON audit_auditevent FOR EACH ROW EXECUTE FUNCTION trial_fails();
"""


def everything():
    """All rows of all our tables, each as the database's own text of it."""
    tables = [m._meta.db_table for m in apps.get_models() if m.__module__.startswith("aiops.")]
    rows = " UNION ALL ".join(f"SELECT '{table}', t::text FROM {table} t" for table in tables)  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(rows)
        return sorted(cursor.fetchall())


def test_every_action_is_tried():
    known = set(TRIALS) | set(NOT_TRIED) | set(EXEMPT)
    untried = sorted(set(actions()) - known)
    assert not untried, "\n".join(["add a trial to tests/architecture/trials.py for", *untried])


@pytest.mark.parametrize("name", TRIALS)
def test_without_its_record_an_act_has_not_happened(name, user):
    act = TRIALS[name](user)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(FAIL)
        before = everything()
        with pytest.raises(DatabaseError, match="the audit cannot be written"):
            act()
        assert everything() == before


@pytest.mark.parametrize("name", TRIALS)
def test_the_trial_does_something_when_nothing_fails(name, user):
    """So that the test above proves something."""
    act = TRIALS[name](user)
    before = everything()
    act()
    assert everything() != before
