"""Queries run where they can do no harm: on tables of their own, as a role that owns nothing else.

A connection of its own, one transaction: a role without rights and a schema are made, the fixture is loaded
as that role, the transaction turns read-only, queries run with a timeout, and all of it is rolled back.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql
from sqlglot import exp

from aiops.evaluations.scorers.base import shorten
from aiops.evaluations.scorers.read_only import check_functions, foreign_tables, parse_statements

TIMEOUT = 2  # seconds for each statement
MOST_ROWS = 1000
MOST_CHARACTERS = 1_000_000
_AT_ONCE = 50

Row = tuple[Any, ...]


class QueryFailed(Exception):
    """The database refused the query or stopped it; the message is for people."""


@lru_cache(maxsize=16)
def check_fixture(fixture: str) -> tuple[str, ...]:
    """The statements of `fixture`, as they will run. Raises ValueError unless they only make tables, views
    and indexes without a schema's name, and fill them.
    """
    statements = parse_statements(fixture)
    for statement in statements:
        made = isinstance(statement, exp.Create) and statement.kind in {"TABLE", "VIEW", "INDEX"}
        if not made and not isinstance(statement, exp.Insert):
            raise ValueError("a fixture is made of CREATE TABLE, CREATE VIEW, CREATE INDEX and INSERT")
        if foreign := next(foreign_tables(statement), None):
            raise ValueError(f"{foreign} is not a table of the fixture's own")
        check_functions(statement)
    return tuple(statement.sql(dialect="postgres") for statement in statements)


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
    statements = check_fixture(fixture)
    parameters = connections["default"].get_connection_params()
    del parameters["cursor_factory"]  # Django's would send texts of several statements
    connection = psycopg.connect(**parameters)
    try:
        _confine(connection)
        for statement in statements:
            connection.execute(statement.encode(errors="replace"), binary=True)  # binary: one statement only
        connection.execute("SET TRANSACTION READ ONLY")
        yield Sandbox(connection)
    finally:
        connection.rollback()
        connection.close()


def _confine(connection: psycopg.Connection[Any]) -> None:
    """Become a role that has nothing but an empty schema, with limits on time and on files."""
    name = sql.Identifier(f"aiops_sandbox_{secrets.token_hex(8)}")
    connection.execute(
        "SELECT set_config('temp_file_limit', '64MB', true) FROM pg_roles"
        " WHERE rolname = current_user AND rolsuper"
    )
    connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN ROLE CURRENT_USER").format(name))
    connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(name, name))
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
