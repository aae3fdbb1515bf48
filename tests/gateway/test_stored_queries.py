"""Queries tried on the real database: as a role that owns nothing, in a transaction that writes nothing."""

import asyncio
import json
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from aiops.features.guardrail_policy import SqlPolicy
from aiops.gateway import listening
from aiops.gateway.guardrails import sql
from aiops.gateway.ports import QueryFailed, Ran
from aiops.gateway.stores import queries as stores
from aiops.gateway.stores.queries import ROLE, StoredQueries, stored_queries

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "sql_hostile.jsonl"
TABLES = (
    "customers (id int, name text, email text)",
    "orders (id int, customer_id int, total numeric, created_at timestamptz)",
    "accounts (id int, balance numeric)", 'change_log ("update" int, "delete" int)',
    "stats (update_count int, last_insert_at int, dropped int)",
    "sales (id int, region text, total numeric)", "a_orders (id int)", "b_orders (id int)",
    "events (payload jsonb)", "顧客 (顧客名 text, 地域 text)",
    "calls (created_at timestamptz, latency_ms float)", "jobs (status text)",
)  # fmt: skip  # short names, packed: they would fill the page
NAMES = tuple(table.split(" ")[0] for table in TABLES)


@pytest.fixture
def shop():
    """The tables, which the reading role may read, and one that it may not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DO $$ BEGIN CREATE ROLE aiops_reads NOLOGIN; EXCEPTION WHEN duplicate_object THEN END $$"
        )
        for table in TABLES:
            cursor.execute(f"CREATE TABLE {table}")
            cursor.execute(f'GRANT SELECT ON "{table.split(" ")[0]}" TO {ROLE}')
        cursor.execute("INSERT INTO orders (id, total) SELECT i, 7 FROM generate_series(1, 30) i")
        cursor.execute("INSERT INTO jobs VALUES ('a secret status')")
        cursor.execute("CREATE TABLE salaries (id int)")
    yield
    with connection.cursor() as cursor:
        for name in (*NAMES, "salaries"):
            cursor.execute(f'DROP TABLE "{name}"')


def run(*queries, seconds=0.4, most_rows=100, where=None, role=ROLE):
    """What came of each: a `Ran`, or words."""

    async def go():
        async with StoredQueries(where or listening.address(), role) as stored:
            return [await _one(stored, query) for query in queries]

    async def _one(stored, query):
        try:
            return await stored.run(query, seconds=seconds, most_rows=most_rows)
        except QueryFailed as error:
            return str(error)

    return asyncio.run(go())


def test_a_query_is_counted_and_nothing_of_it_is_kept(shop):
    assert run("SELECT id, total AS amount FROM orders -- all") == [Ran(30, ("id", "amount"))]


def test_a_query_that_the_database_refuses_says_why_in_words_without_values(shop):
    assert run(
        "SELECT nothing FROM orders",
        "SELECT * FROM salaries",
        "SELECT status::int FROM jobs",
        "SELECT 1 / (id - id) FROM orders",
        "SELECT * FROM orders",
        "SELECT count(*) FROM generate_series(1, 1000000000000)",
        most_rows=29,
    ) == [
        'the query fails: column "nothing" does not exist',
        "the query fails: permission denied for table salaries",
        "the query fails: invalid text representation",
        "the query fails: division by zero",
        "it returns more than 29 rows",
        "it does not finish within 0.4 s",
    ]


def test_nothing_is_written_even_by_what_the_parser_would_have_refused(shop):
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT ALL ON orders TO {ROLE}")
    ended = run(
        "WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone",
        "SELECT 1; DELETE FROM orders",
        "SELECT set_config('transaction_read_only', 'off', true), count(*) FROM orders",
        "SELECT * FROM orders FOR UPDATE",
    )
    assert all(isinstance(one, str) for one in ended)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM orders")
        assert cursor.fetchone() == (30,)


def test_a_connection_is_as_before_after_a_query_that_failed(shop):
    assert run("SELECT nothing FROM orders", "SELECT id FROM orders")[1] == Ran(30, ("id",))


def test_a_database_that_is_away_is_said():
    where = {**listening.address(), "host": "127.0.0.1", "port": "1"}
    (said,) = run("SELECT 1", where=where, role=None)
    assert said in {"the database for trying queries is away", "it does not finish within 0.4 s"}


def test_a_replica_is_asked_as_it_is(monkeypatch, settings):
    monkeypatch.setattr(stores.env, "replica_url", lambda: "postgresql://reader@replica.example:5433/shop")
    stored = stored_queries()
    assert (stored._role, stored._ready) == (None, True)
    monkeypatch.setattr(stores.env, "replica_url", lambda: "")
    assert stored_queries()._role == ROLE


def test_the_role_is_made_where_there_is_none(monkeypatch):
    monkeypatch.setattr(stores, "ROLE", "aiops_reads_2")
    monkeypatch.setattr(
        stores, "_MADE", psycopg.sql.SQL("CREATE ROLE aiops_reads_2 NOLOGIN ROLE CURRENT_USER")
    )
    try:
        assert run("SELECT 1", role="aiops_reads_2") == [Ran(1, ("?column?",))]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP ROLE aiops_reads_2")


def test_all_hostile_queries_end_without_a_change_and_all_harmless_ones_pass(shop):
    policy = SqlPolicy(tables=NAMES, seconds=0.4)
    cases = [json.loads(line) for line in HOSTILE.read_text().splitlines()]

    async def go():
        async with StoredQueries(listening.address(), ROLE) as stored:
            return {case["id"]: (await sql.check(case["sql"], policy, stored)).passed for case in cases}

    assert asyncio.run(go()) == {case["id"]: case["allowed"] for case in cases}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(total) FROM orders")
        assert cursor.fetchone() == (30, 210)
