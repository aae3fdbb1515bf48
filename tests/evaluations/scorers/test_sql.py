import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from aiops.core.errors import InvalidInput
from aiops.evaluations import scorers
from aiops.evaluations.scorers import sandbox
from tests.evaluations.scorers.judging import judge, passed

SHOP = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id int, customer_id int REFERENCES customers, total numeric(10, 2), at date);
INSERT INTO customers VALUES (1, 'Zoë'), (2, '花子'), (3, 'O''Brien; DROP');
INSERT INTO orders VALUES (1, 1, 10.50, '2025-01-01'), (2, 1, 4.50, '2025-01-02'), (3, 2, 7, NULL);
"""
HOSTILE = Path(__file__).resolve().parents[4] / "shared" / "data" / "sql_hostile.jsonl"


def on_shop(output, expected=None, **config):
    return judge(output, expected, type="sql", fixture=SHOP, **config)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("SELECT 1", ""),
        ("SELECT 1; -- done", ""),
        ("WITH t AS (SELECT 1 AS n) SELECT n FROM t;", ""),
        ("TABLE customers", ""),
        ("VALUES (1, 'x')", ""),
        ("SELECT pg_typeof(now()), to_char(now(), 'YYYY'), string_agg(x, ',') FROM t", ""),
        ("SELECT 顧客名 FROM 顧客", ""),
        ("", "Refused: 0 statements, expected one."),
        ("-- nothing", "Refused: 0 statements, expected one."),
        ("SELECT 1; SELECT 2", "Refused: 2 statements, expected one."),
        ("DELETE FROM t", "Refused: DELETE is not a query."),
        ("TRUNCATE t", "Refused: TRUNCATE TABLE is not a query."),
        ("GRANT ALL ON t TO PUBLIC", "Refused: GRANT is not a query."),
        ("WITH x AS (DELETE FROM t RETURNING 1) SELECT * FROM x",
         "Refused: the query does more than read: DELETE."),
        ("SELECT 1 INTO t", "Refused: the query does more than read: INTO."),
        ("SELECT * FROM t FOR SHARE", "Refused: the query does more than read: LOCK."),
        ("SELECT * FROM PG_LS_DIR('.')", "Refused: pg_ls_dir() is not allowed."),
        ("SELECT x.pg_sleep(1)", "Refused: pg_sleep() is not allowed."),
        ('SELECT "lo_import"(\'x\')', "Refused: lo_import() is not allowed."),
        ('SELECT U&"\\0070g_sleep"(9)', "Refused: a function's name is escaped: \\0070g_sleep."),
        ("SELECT '\x00'", "Refused: it has a NUL character."),
        ("x" * 50_001, "Refused: longer than 50,000 characters."),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_one_query_that_only_reads(output, reason):
    judgement = judge(output, type="sql")
    assert (judgement.passed, judgement.reason) == (not reason, reason)


def test_what_is_no_sql_is_said_without_colours():
    reason = judge("Here is your query: SELECT", type="sql").reason
    assert reason.startswith("Refused: it does not parse: ")
    assert "\x1b" not in reason


def test_nesting_without_end_is_the_outputs_fault():
    assert passed("SELECT " + "(" * 8000 + "1" + ")" * 8000, type="sql") is False


def test_a_fence_is_taken_off_where_that_is_allowed():
    assert passed("```sql\nSELECT 1\n```", type="sql") is False
    assert passed("```sql\nSELECT 1\n```", type="sql", allow_fence=True) is True


@pytest.mark.django_db
class TestOnFixture:
    def test_rows_count_and_not_how_they_are_asked_for(self):
        reference = (
            "SELECT name, sum(total) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY 1"
        )
        answer = (
            "SELECT c.name AS who, (SELECT sum(total)::float FROM orders WHERE customer_id = c.id) AS spent"
            " FROM customers c WHERE id IN (SELECT customer_id FROM orders) ORDER BY who DESC -- all"
        )
        assert on_shop(answer, reference).passed is True

    def test_order_matters_where_the_reference_has_one(self):
        reference = "SELECT id FROM customers ORDER BY id"
        assert on_shop("SELECT id FROM customers ORDER BY id DESC", reference).reason == (
            "Returns the expected rows in another order."
        )
        assert on_shop("SELECT id FROM customers ORDER BY id DESC", "SELECT id FROM customers").passed is True
        assert on_shop("SELECT id FROM customers ORDER BY name", f"({reference})").passed is False

    @pytest.mark.parametrize(
        ("output", "reason"),
        [
            ("SELECT id FROM customers", "Columns returned: 1, expected 2."),
            ("SELECT id, name FROM customers WHERE id = 1", "Rows returned: 1, expected 3."),
            ("SELECT id, upper(name) FROM customers", "Returns a row that was not expected: 1, 'ZOË'."),
            ("SELECT id, nam FROM customers", 'The query fails: column "nam" does not exist.'),
            ("SELECT nothing()", "The query fails: function nothing() does not exist."),
            ("SELECT id FROM public.accounts_user",
             "Refused: public.accounts_user is not a table of the fixture."),
            ("SELECT rolname FROM pg_authid", "Refused: pg_authid is not a table of the fixture."),
            ("SELECT email FROM accounts_user", 'The query fails: relation "accounts_user" does not exist.'),
            ("SELECT g FROM generate_series(1, 2000) g", "The query fails: it returns more than 1,000 rows."),
            ("SELECT repeat('長', 1100) FROM generate_series(1, 1000)",
             "The query fails: it returns more than 1,000,000 characters."),
        ],
    )  # fmt: skip  # arguments by what they belong to
    def test_what_differs_is_said(self, output, reason):
        assert on_shop(output, "SELECT id, name FROM customers").reason == reason

    def test_any_accepted_query_will_do(self):
        assert on_shop("SELECT 2", ["SELECT 1", "SELECT 2"]).passed is True

    def test_without_a_reference_it_has_to_run(self):
        assert on_shop("SELECT id FROM orders").passed is True
        assert on_shop("SELECT id FROM invoices").passed is False

    def test_a_reference_that_fails_is_no_zero(self):
        judgement = on_shop("SELECT 1", "SELECT id FROM invoices")
        assert judgement.passed is None
        assert judgement.reason == 'The expected query fails: relation "invoices" does not exist.'

    def test_a_reference_that_writes_is_no_zero(self):
        assert on_shop("SELECT 1", "DELETE FROM orders").passed is None

    def test_queries_without_end_are_stopped(self, monkeypatch):
        monkeypatch.setattr(sandbox, "TIMEOUT", 1)
        endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT 1 FROM t) SELECT count(*) FROM t"
        assert on_shop(endless).reason == "The query fails: it does not finish within 1 s."

    def test_what_gets_past_the_parser_is_stopped_by_the_database(self):
        writes = [
            "INSERT INTO customers VALUES (9, 'x')",
            "SELECT 1; SELECT 2",
            "SELECT id FROM customers FOR UPDATE",
            "SELECT set_config('transaction_read_only', 'off', true)",
            "SELECT pg_read_file('PG_VERSION')",
            "SELECT rolpassword FROM pg_authid",
            "SELECT 1 FROM public.django_migrations",
            "COMMIT",
        ]
        with sandbox.sandbox(SHOP) as database:
            for query in writes:
                with pytest.raises(sandbox.QueryFailed):
                    database.rows(query)
            assert len(database.rows("SELECT id FROM customers")) == 3

    def test_nothing_is_left_behind(self):
        on_shop("SELECT 1", "SELECT 1")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM pg_roles WHERE rolname LIKE 'aiops_sandbox%'),"
                " (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'aiops_sandbox%')"
            )
            assert cursor.fetchone() == (0, 0)

    def test_a_fixture_may_have_schemas_of_its_own(self):
        bank = "CREATE SCHEMA Bank; CREATE TABLE bank.notes (id int); INSERT INTO bank.notes VALUES (4);"
        config = {"type": "sql", "fixture": bank}
        assert passed("SELECT id FROM bank.notes", "SELECT 4", **config) is True
        assert passed("SELECT id FROM public.notes", "SELECT 4", **config) is False
        assert judge("SELECT 1", type="sql", fixture="CREATE SCHEMA public;").passed is None

    def test_many_may_score_on_the_same_schema_at_once(self):
        bank = "CREATE SCHEMA bank; CREATE TABLE bank.notes (id int); INSERT INTO bank.notes VALUES (4);"
        with ThreadPoolExecutor(6) as threads:
            judgements = threads.map(
                lambda _: judge("TABLE bank.notes", "SELECT 4", type="sql", fixture=bank), range(12)
            )
        assert [one.passed for one in judgements] == [True] * 12

    def test_a_fixture_that_does_not_load_is_the_scorers_error(self):
        judgement = judge("SELECT 1", type="sql", fixture="INSERT INTO missing VALUES (1)")
        assert judgement.passed is None
        assert 'relation "missing" does not exist' in judgement.reason


@pytest.mark.parametrize(
    ("fixture", "message"),
    [
        ("DROP TABLE x", "a fixture is made of CREATE SCHEMA, TABLE, VIEW or INDEX, and of INSERT"),
        ("CREATE TABLE t (a int); COMMIT", "a fixture is made of"),
        ("CREATE TABLE public.t (a int)", "public.t is not a table of the fixture's own"),
        ("INSERT INTO t SELECT pg_read_file('x')", "pg_read_file() is not allowed"),
        ("CREATE TABLE (", "it does not parse"),
    ],
)
def test_a_fixture_makes_tables_and_nothing_else(fixture, message):
    with pytest.raises(InvalidInput) as refusal:
        scorers.parse({"type": "sql", "fixture": fixture})
    assert message in str(refusal.value)


@pytest.mark.skipif(not HOSTILE.exists(), reason="the shared data is not here")
@pytest.mark.django_db
def test_hostile_queries_are_refused_and_harmless_ones_allowed(monkeypatch):
    """Bombs read like harmless queries: those are stopped when they run."""
    monkeypatch.setattr(sandbox, "TIMEOUT", 1)
    entries = [json.loads(line) for line in HOSTILE.read_text().splitlines()]
    wrong = []
    for entry in entries:
        config = {"type": "sql"} if entry["allowed"] else {"type": "sql", "fixture": SHOP}
        if passed(entry["sql"], **config) is not entry["allowed"]:
            wrong.append(entry["id"])
    assert (wrong, len(entries)) == ([], 60)
