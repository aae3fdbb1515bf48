"""Whether a text is one PostgreSQL query that only reads: judged by its syntax tree, never by its words."""

import logging
import re
from collections.abc import Collection, Iterator

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import DialectType
from sqlglot.errors import SqlglotError

from aiops.core.texts.answers import shorten

LONGEST = 50_000  # characters
_WRITES = (
    exp.DML, exp.DDL, exp.Merge, exp.Into, exp.Lock, exp.Command, exp.Copy, exp.Drop, exp.Alter,
    exp.TruncateTable, exp.Set, exp.Transaction, exp.Commit, exp.Rollback,
)  # fmt: skip  # short names, packed: they would fill the page
PLAIN_NAME = re.compile(r"[^\W\d][\w$]*")
# By name, those that act, read files, run texts as SQL, or tell of the server. What starts with pg_ does any
# of these, but for a few.
_HARMLESS = frozenset({"pg_typeof", "pg_column_size", "pg_size_pretty"})
_ACTS = re.compile(
    r"(pg_|lo_|dblink|txid_|binary_upgrade_|brin_|gin_clean|inet_(client|server)_|nextval|setval|currval"
    r"|lastval|set_config|current_setting|loread|lowrite|crosstab|connectby|ts_stat$|ts_rewrite$"
    r"|(query|table|cursor|schema|database)_to_xml)"
)

# It warns where it understands only the first word of a statement; such a statement is refused here anyway.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


def parse_query(sql: str, dialect: DialectType = "postgres") -> exp.Expr:
    """The tree of `sql`, which reads and does nothing else. Raises ValueError with the reason in words."""
    statements = parse_statements(sql, dialect)
    if len(statements) != 1:
        raise ValueError(f"{len(statements)} statements, expected one")
    query = statements[0]
    if not isinstance(query, (exp.Query, exp.Values)):
        raise ValueError(f"{_kind(query)} is not a query")  # noqa: TRY004 - the SQL is wrong, not a type
    if act := next(query.find_all(*_WRITES), None):
        raise ValueError(f"the query does more than read: {_kind(act)}")
    check_functions(query)
    return query


def parse_statements(sql: str, dialect: DialectType = "postgres") -> list[exp.Expr]:
    """The trees of all statements in `sql`. Raises ValueError where it is no SQL."""
    if len(sql) > LONGEST:
        raise ValueError(f"longer than {LONGEST:,} characters")
    if "\x00" in sql:
        raise ValueError("it has a NUL character")
    try:
        parsed = sqlglot.parse(sql, read=dialect)
    except SqlglotError as error:
        raise ValueError(f"it does not parse: {shorten(_uncoloured(str(error)))}") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    return [one for one in parsed if isinstance(one, exp.Expr) and not isinstance(one, exp.Semicolon)]


def check_functions(tree: exp.Expr) -> None:
    """Raises ValueError for a function that acts, or whose name is written so that nobody can tell."""
    for function in tree.find_all(exp.Anonymous):
        name = function.name.lower()
        if not PLAIN_NAME.fullmatch(name):
            raise ValueError(f"a function's name is escaped: {shorten(name, 60)}")
        if _ACTS.match(name) and name not in _HARMLESS:
            raise ValueError(f"{name}() is not allowed")


def foreign_tables(tree: exp.Expr, schemas: Collection[str] = ()) -> Iterator[str]:
    """Names of tables in `tree` that a fixture with `schemas` can't have: of another schema, or the
    server's own.
    """
    for table in tree.find_all(exp.Table):
        elsewhere = table.catalog or (table.db and table.db.lower() not in schemas)
        if elsewhere or table.name.lower().startswith("pg_") or "\\" in table.name:
            yield ".".join(part for part in (table.catalog, table.db, table.name) if part)


def has_order(tree: exp.Expr) -> bool:
    """Whether the query as a whole says ORDER BY."""
    while isinstance(tree, exp.Subquery) and tree.args.get("order") is None:
        tree = tree.this
    return tree.args.get("order") is not None


def _kind(node: exp.Expr) -> str:
    word = str(node.this) if isinstance(node, exp.Command) else type(node).__name__
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", shorten(word, 40)).upper()


def _uncoloured(text: str) -> str:
    return re.sub(r"\x1b\[\d*m", "", text)
