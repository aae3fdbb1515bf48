"""Queries run where they can do no harm: on tables of their own, as a role that owns nothing else.

A connection of its own, one transaction: a role without rights and a schema are made, the fixture is loaded
as that role, the transaction turns read-only, queries run with a timeout, and all of it is rolled back.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql
from sqlglot import exp

from aiops.core.texts.read_only import check_functions, foreign_tables, parse_statements
from aiops.evaluations.scorers.base import shorten

TIMEOUT = 2  # seconds for each statement
MOST_ROWS = 1000
MOST_CHARACTERS = 1_000_000
_AT_ONCE = 50

Row = tuple[Any, ...]


class QueryFailed(Exception):
    """The database refused the query or stopped it; the message is for people."""


@dataclass(frozen=True, slots=True)
class Fixture:
    """Schemas to make, and the statements that fill them, as they will run."""

    schemas: tuple[str, ...]
    statements: tuple[str, ...]


@lru_cache(maxsize=16)
def check_fixture(fixture: str) -> Fixture:
    """`fixture` taken apart. Raises ValueError unless it only makes tables, views and indexes, in schemas of
    its own where it names any, and fills them.
    """
    parsed = parse_statements(fixture)
    schemas = tuple(name for one in parsed if (name := _schema(one)))
    statements = [one for one in parsed if not _schema(one)]
    for statement in statements:
        made = isinstance(statement, exp.Create) and statement.kind in {"TABLE", "VIEW", "INDEX"}
        if not made and not isinstance(statement, exp.Insert):
            raise ValueError("a fixture is made of CREATE SCHEMA, TABLE, VIEW or INDEX, and of INSERT")
        if foreign := next(foreign_tables(statement, schemas), None):
            raise ValueError(f"{foreign} is not a table of the fixture's own")
        check_functions(statement)
    return Fixture(schemas, tuple(statement.sql(dialect="postgres") for statement in statements))


def _schema(statement: exp.Expr) -> str:
    """The name in lower case of the schema that the statement makes; empty where it makes none."""
    makes = isinstance(statement, exp.Create) and statement.kind == "SCHEMA"
    return statement.this.db.lower() if makes else ""


class Sandbox:
    """The open transaction; `rows` as often as wanted."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def rows(self, query: str) -> list[Row]:
        """What `query` returns. Raises QueryFailed: an error, out of time, too many rows or too much text."""
        try:
            with self._connection.transaction(), self._connection.cursor(name="judged") as cursor:
                cursor.execute(query.encode(errors="replace"))  # DECLARE … CURSOR takes one query only
                return _fetched(cursor)
        except psycopg.errors.QueryCanceled:
            raise QueryFailed(f"it does not finish within {TIMEOUT} s") from None
        except psycopg.Error as error:
            raise QueryFailed(shorten(error.diag.message_primary or str(error))) from None


@contextmanager
def sandbox(fixture: str) -> Iterator[Sandbox]:
    """A database with the tables of `fixture` and nothing else. Raises ValueError or psycopg.Error where the
    fixture does not load, or the database's user may not make roles.
    """
    parts = check_fixture(fixture)
    parameters = connections["default"].get_connection_params()
    del parameters["cursor_factory"]  # Django's would send texts of several statements
    connection = psycopg.connect(**parameters)
    try:
        _confine(connection, parts.schemas)
        for statement in parts.statements:
            connection.execute(statement.encode(errors="replace"), binary=True)  # binary: one statement only
        connection.execute("SET TRANSACTION READ ONLY")
        yield Sandbox(connection)
    finally:
        connection.rollback()
        connection.close()


def _confine(connection: psycopg.Connection[Any], schemas: tuple[str, ...]) -> None:
    """Become a role that has nothing but empty schemas, with limits on time and on files.

    A schema that the fixture names can be there once only: others who want it wait for our rollback.
    """
    name = sql.Identifier(f"aiops_sandbox_{secrets.token_hex(8)}")
    connection.execute(
        "SELECT set_config('temp_file_limit', '64MB', true) FROM pg_roles"
        " WHERE rolname = current_user AND rolsuper"
    )
    connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN ROLE CURRENT_USER").format(name))
    connection.execute("SET LOCAL lock_timeout = '10s'")
    for schema in (name, *map(sql.Identifier, schemas)):
        connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(schema, name))
    connection.execute(sql.SQL("SET LOCAL ROLE {}").format(name))
    connection.execute(sql.SQL("SET LOCAL search_path = {}").format(name))
    connection.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(f"{TIMEOUT}s")))
    connection.execute("SET LOCAL lock_timeout = '1s'")


def _fetched(cursor: psycopg.ServerCursor[Any]) -> list[Row]:
    rows: list[Row] = []
    size = 0
    while batch := cursor.fetchmany(_AT_ONCE):
        rows += batch
        size += sum(len(str(value)) for row in batch for value in row)
        if len(rows) > MOST_ROWS:
            raise QueryFailed(f"it returns more than {MOST_ROWS:,} rows")
        if size > MOST_CHARACTERS:
            raise QueryFailed(f"it returns more than {MOST_CHARACTERS:,} characters")
    return rows
