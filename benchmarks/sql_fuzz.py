"""Queries changed at random, against the SQL guardrail and a real database: nothing is ever written.

    python -m benchmarks.sql_fuzz [--minutes 10] [--seeds FILE] [--database URL] [--seed N]

Seeds are some queries of its own and those of a file (JSON Lines with "sql"). A mutation puts parts of two
syntax trees together, swaps functions and tables, doubles statements, or damages the text. Each is given to
the guardrail; what it lets pass is run as in production, and mutated further. Every few seconds all rows,
relations, sequences, settings, roles and large objects are compared with what they were.
"""

import argparse
import asyncio
import contextlib
import json
import random
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import sqlglot
from psycopg.conninfo import conninfo_to_dict
from sqlglot import exp
from sqlglot.errors import SqlglotError

from aiops.gateway.guardrails.sql_rules import USUAL, Named, approved
from aiops.gateway.ports import QueryFailed
from aiops.gateway.stores.queries import ROLE, StoredQueries
from aiops.operations.postgres import Postgres, stop

TABLES = ("customers", "orders", "accounts", "sales", "events", "jobs")
SEEDS = (
    "SELECT id, total FROM orders WHERE total > 10 ORDER BY id LIMIT 5",
    "SELECT c.name, sum(o.total) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY 1",
    "WITH a AS (SELECT * FROM orders) SELECT count(*) FROM a WHERE id IN (SELECT id FROM accounts)",
    "UPDATE orders SET total = 0", "DELETE FROM orders", "INSERT INTO orders VALUES (9)", "TRUNCATE orders",
    "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone", "SELECT * INTO stolen FROM orders",
    "SELECT nextval('ticks')", "SELECT setval('ticks', 99)", "SELECT lo_create(0)", "CREATE TABLE x (id int)",
    "SELECT set_config('transaction_read_only', 'off', true)", "SELECT pg_notify('a', 'b')",
    "SELECT * FROM orders FOR UPDATE", "SELECT wipe()", "SELECT app.wipe() FROM orders", "SET ROLE postgres",
    "SELECT query_to_xml('DELETE FROM orders', true, false, '')", "DO $$ BEGIN DELETE FROM orders; END $$",
    "COPY orders TO '/dev/null'", "EXPLAIN ANALYZE DELETE FROM orders", "CALL app.wipe()",
    "SELECT (o).wipe FROM orders o", "SELECT o.wipe FROM orders o", "SELECT 1 OPERATOR(app.#!#) 2",
)  # fmt: skip  # short names, packed: they would fill the page
ACTS = ("nextval", "setval", "wipe", "lo_create", "pg_notify", "set_config", "pg_sleep", "query_to_xml")
DAMAGE = (
    ";", "--", "/*", "*/", "'", '"', "$$", "\\", " INTO x ", " FOR UPDATE", "; DELETE FROM orders",
    "E'", "\n", "U&'",
)  # fmt: skip  # short names, packed: they would fill the page
SETUP = """
CREATE SCHEMA app; CREATE SEQUENCE ticks;
CREATE TABLE orders (id int, customer_id int, total numeric);
CREATE TABLE customers (id int, name text); CREATE TABLE accounts (id int, balance numeric);
CREATE TABLE sales (id int, region text, total numeric); CREATE TABLE events (id int, payload jsonb);
CREATE TABLE jobs (id int, status text);
INSERT INTO orders SELECT i, i % 7, i * 1.5 FROM generate_series(1, 200) i;
INSERT INTO customers SELECT i, 'name ' || i FROM generate_series(1, 7) i;
INSERT INTO accounts SELECT i, 100 FROM generate_series(1, 50) i; INSERT INTO jobs VALUES (1, 'commit');
CREATE FUNCTION wipe() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM orders; RETURN 1; END';
CREATE FUNCTION app.wipe() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM orders; RETURN 1; END';
CREATE FUNCTION wipe(orders) RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM orders; RETURN 1; END';
CREATE FUNCTION app.wipe(int, int) RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM orders; RETURN 1; END';
CREATE OPERATOR app.#!# (LEFTARG = int, RIGHTARG = int, FUNCTION = app.wipe);
"""
STATE = """
SELECT (SELECT array_agg(x ORDER BY x::text) FROM (
  SELECT to_jsonb(o) AS x FROM orders o UNION ALL SELECT to_jsonb(c) FROM customers c
  UNION ALL SELECT to_jsonb(a) FROM accounts a UNION ALL SELECT to_jsonb(j) FROM jobs j
  UNION ALL SELECT to_jsonb(s) FROM sales s UNION ALL SELECT to_jsonb(e) FROM events e) AS rows)::text,
  (SELECT array_agg(oid ORDER BY oid) FROM pg_class
   WHERE relnamespace::regnamespace::text IN ('public', 'app'))::text,
  (SELECT last_value::text || is_called::text FROM ticks),
  (SELECT count(*) FROM pg_largeobject_metadata),
  (SELECT array_agg(rolname ORDER BY rolname) FROM pg_roles)::text,
  (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_db_role_setting)
"""


def mutated(queries: list[str], draw: random.Random) -> str:
    """One query made of others."""
    text = draw.choice(queries)
    for _ in range(draw.randint(1, 3)):
        text = draw.choice((grafted, renamed, damaged, doubled, wrapped))(text, queries, draw)
    return text[:5000]


def grafted(text: str, queries: list[str], draw: random.Random) -> str:
    """A part of one tree in the place of a part of another."""
    host, guest = tree(text), tree(draw.choice(queries))
    if host is None or guest is None:
        return text
    places = [node for node in host.walk() if node.parent is not None]
    if not places:
        return text
    draw.choice(places).replace(draw.choice(list(guest.walk())).copy())
    return written(host, text)


def renamed(text: str, queries: list[str], draw: random.Random) -> str:  # noqa: ARG001 - as its like are called
    """Another function or table."""
    host = tree(text)
    if host is None:
        return text
    for function in host.find_all(exp.Anonymous):
        if draw.random() < 0.5:
            function.set("this", draw.choice((*ACTS, *draw.sample(sorted(USUAL), 3))))
    for table in host.find_all(exp.Table):
        if draw.random() < 0.3 and isinstance(table.this, exp.Identifier):
            name = draw.choice((*TABLES, "pg_authid", "ticks"))
            table.set("this", exp.to_identifier(name, quoted=draw.random() < 0.2))
    return written(host, text)


def damaged(text: str, queries: list[str], draw: random.Random) -> str:  # noqa: ARG001 - as its like are called
    at = draw.randint(0, len(text))
    return text[:at] + draw.choice(DAMAGE) + text[at + draw.randint(0, 2) :]


def doubled(text: str, queries: list[str], draw: random.Random) -> str:
    return text + draw.choice((";", " UNION ALL ", ";\n", " -- \n;", " INTERSECT ")) + draw.choice(queries)


def wrapped(text: str, queries: list[str], draw: random.Random) -> str:  # noqa: ARG001 - as its like are called
    return draw.choice(
        ("SELECT * FROM ({}) AS q", "WITH q AS ({}) SELECT * FROM q", "({})", "SELECT EXISTS ({})",
         "SELECT ({})", "EXPLAIN {}", "SELECT coalesce(({}), 1)", "TABLE orders; {}")
    ).format(text)  # fmt: skip  # arguments by what they belong to


def tree(text: str) -> exp.Expr | None:
    try:
        return sqlglot.parse_one(text, read=Named)
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError):
        return None


def written(host: exp.Expr, text: str) -> str:
    try:
        return host.sql(dialect="postgres")
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError, KeyError):
        return text


async def fuzz(where: dict[str, Any], seeds: list[str], seconds: float, seed: int) -> Counter[str]:
    """How mutations ended. SystemExit where anything was changed."""
    draw, counted = random.Random(seed), Counter[str]()
    known, grown = list(seeds), list(seeds[:60])
    before = state(where)
    ends, looked = time.monotonic() + seconds, time.monotonic()
    queries = StoredQueries(where, ROLE)
    async with queries:
        while time.monotonic() < ends:
            query = mutated(seeds, draw)
            counted[ended := await tried(queries, query)] += 1
            if ended == "ran" and len(query) < 500:
                grown[draw.randrange(len(grown))] = query
                seeds = [*known, *grown]
            if time.monotonic() - looked > 5:
                unchanged(where, before, query)
                looked = time.monotonic()
    unchanged(where, before, "the last ones")
    return counted


def unchanged(where: dict[str, Any], before: Any, query: str) -> None:
    if state(where) != before:
        raise SystemExit(f"Something was changed, by {query!r} or one before it.")


async def tried(queries: StoredQueries, query: str) -> str:
    try:
        approved(query, TABLES)
    except ValueError:
        return "refused before it ran"
    try:
        await queries.run(query, seconds=0.5, most_rows=1000)
    except QueryFailed:
        return "refused by the database"
    return "ran"


def state(where: dict[str, Any]) -> Any:
    with psycopg.connect(**where) as connection:
        return connection.execute(STATE).fetchone()


@contextlib.contextmanager
def database(address: str | None) -> Iterator[dict[str, Any]]:
    """An empty database, as libpq's parameters: in the server at `address`, or in one of its own."""
    if address:
        known, name = conninfo_to_dict(address), f"sql_fuzz_{secrets.token_hex(4)}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
            try:
                yield {**known, "dbname": name}
            finally:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        return
    with tempfile.TemporaryDirectory(prefix="sql_fuzz") as folder:
        server = Postgres(Path(folder) / "postgres", Path(folder) / "run")
        server.prepare()
        process = server.start(Path(folder) / "postgres.log")
        try:
            server.wait()
            server.ensure_database("sql_fuzz")
            yield conninfo_to_dict(server.url("sql_fuzz"))
        finally:
            stop(process)


def prepared(where: dict[str, Any]) -> None:
    """The tables, in an empty database; the reading role may read them, and call what writes."""
    with psycopg.connect(**where, autocommit=True) as connection:
        connection.execute(SETUP.encode())
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
        if not known:
            connection.execute(f"CREATE ROLE {ROLE} NOLOGIN ROLE CURRENT_USER".encode())
        connection.execute(f"GRANT USAGE ON SCHEMA app TO {ROLE}".encode())
        # More than it has in production: what holds is the guardrail and the transaction, not the grants.
        connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}".encode())
        connection.execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE}".encode())


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="sql_fuzz")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seeds", type=Path, help="JSON Lines with sql and allowed")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument(
        "--database", help="an address; a database of its own is made there. Default: embedded"
    )
    asked = parser.parse_args(arguments)
    lines = asked.seeds.read_text(encoding="utf-8").splitlines() if asked.seeds else []
    seeds = [*SEEDS, *(json.loads(line)["sql"] for line in lines)]
    with database(asked.database) as where:
        prepared(where)
        counted = asyncio.run(fuzz(where, seeds, asked.minutes * 60, asked.seed))
    total = sum(counted.values())
    print(f"{total:,} mutations of {len(seeds)} queries in {asked.minutes:g} minutes, none wrote:")
    for what, number in counted.most_common():
        print(f"  {number:>8,}  {100 * number / total:5.1f} %  {what}")


if __name__ == "__main__":
    main()
