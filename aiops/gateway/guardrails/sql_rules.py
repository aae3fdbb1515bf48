"""Which queries may be tried: one statement that reads, of allowed tables, with allowed functions."""

from collections.abc import Collection, Iterator
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.parsers.postgres import PostgresParser

from aiops.core.texts.answers import shorten
from aiops.core.texts.read_only import PLAIN_NAME, parse_query

LONGEST = 10_000  # characters

# Functions that compute, and do nothing else, however often they run.
USUAL = frozenset(
    """
    abs age array_agg array_length array_position array_remove array_to_string ascii avg bit_length
    bool_and bool_or btrim cardinality cbrt ceil ceiling char_length character_length chr coalesce
    concat concat_ws corr cos count covar_pop covar_samp cume_dist current_date current_time
    current_timestamp date date_bin date_part date_trunc degrees dense_rank div every exp extract
    first_value floor format generate_series greatest initcap isfinite json_agg json_array_elements
    json_array_elements_text json_array_length json_build_array json_build_object json_each
    json_each_text json_extract_path json_extract_path_text json_object_agg json_object_keys json_typeof
    jsonb_agg jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array
    jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text
    jsonb_object_agg jsonb_object_keys jsonb_typeof justify_days justify_hours justify_interval lag
    last_value lead least left length ln localtime localtimestamp log log10 lower ltrim make_date
    make_interval make_time make_timestamp make_timestamptz max md5 min mod mode now nth_value ntile
    nullif octet_length overlay percent_rank percentile_cont percentile_disc pi position power radians
    random range_agg rank regexp_count regexp_like regexp_match regexp_matches regexp_replace
    regexp_split_to_array regexp_split_to_table regexp_substr regr_count regr_intercept regr_r2
    regr_slope replace reverse right round row row_number row_to_json rtrim sign sin split_part sqrt
    starts_with statement_timestamp stddev stddev_pop stddev_samp string_agg string_to_array strpos
    substr substring sum tan to_char to_date to_json to_jsonb to_number to_timestamp translate trim
    trunc unnest upper var_pop var_samp variance width_bucket
    """.split()  # noqa: SIM905 - a list of words
)
# What has a syntax of its own, and computes.
_SYNTAX = (
    exp.Cast, exp.TryCast, exp.Case, exp.If, exp.And, exp.Or, exp.Xor, exp.Extract, exp.Trim,
    exp.Substring, exp.StrPosition, exp.Overlay, exp.Ceil, exp.Floor, exp.Initcap, exp.Chr,
    exp.GroupConcat, exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBExtractScalar,
    exp.JSONArrayAgg, exp.JSONObject, exp.JSONObjectAgg, exp.JSONBContains, exp.ArrayContainsAll,
    exp.ArrayOverlaps, exp.Array, exp.Any, exp.All, exp.Exists, exp.CurrentDate, exp.CurrentTime,
    exp.CurrentTimestamp, exp.Localtime, exp.Localtimestamp, exp.RegexpLike, exp.RegexpILike,
    exp.Interval, exp.AnonymousAggFunc, exp.Collate,
)  # fmt: skip  # short names, packed: they would fill the page
_CATALOG = "pg_catalog"


class Named(Postgres):
    """PostgreSQL whose functions keep the names under which the query calls them."""

    class Parser(PostgresParser):
        FUNCTIONS: ClassVar[dict[str, Any]] = {}  # without any, each is known by its name alone


def approved(query: str, tables: Collection[str], functions: Collection[str] = ()) -> exp.Expr:
    """The tree of the query. Raises ValueError in words where it may not be tried."""
    if len(query) > LONGEST:
        raise ValueError(f"longer than {LONGEST:,} characters")
    tree = parse_query(query, Named)
    _check_functions(tree, {*USUAL, *(name.lower() for name in functions)})
    for table in real_tables(tree):
        if table not in tables:
            raise ValueError(f"the table {shorten(table, 80)} is not allowed")
    return tree


def _check_functions(tree: exp.Expr, allowed: Collection[str]) -> None:
    if tree.find(exp.Operator):
        raise ValueError("operators are written without their schema")
    for function in tree.find_all(exp.Func):
        name = _name(function)
        if isinstance(function, exp.Anonymous):
            if not PLAIN_NAME.fullmatch(function.name) or name.lower() not in allowed:
                raise ValueError(f"{shorten(name, 60)}() is not allowed")
        elif not isinstance(function, _SYNTAX):
            raise ValueError(f"{function.sql_name()} is not allowed")  # noqa: TRY004 - the SQL is wrong, not a type
    for cast in tree.find_all(exp.DataType):
        if cast.sql(dialect="postgres").lower().replace('"', "").rpartition(".")[2].startswith("reg"):
            raise ValueError(f"the type {shorten(cast.sql(dialect='postgres'), 40)} is not allowed")


def _name(function: exp.Func) -> str:
    """The name with its schema, but for the server's own."""
    above = function.parent
    own = function.name if isinstance(function, exp.Anonymous) else function.sql_name().lower()
    if isinstance(above, exp.Dot) and above.expression is function:
        schema = above.this.sql(dialect="postgres").replace('"', "")
        if schema.lower() != _CATALOG:
            if not isinstance(function, exp.Anonymous):
                raise ValueError(f"{shorten(schema, 40)}.{own}() is not allowed")
            return f"{schema}.{own}"
    return own


def real_tables(tree: exp.Expr) -> Iterator[str]:
    """The names, as PostgreSQL reads them, of tables that are no common table expression where they stand."""
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Func):
            continue
        if table.catalog or table.db or not _within_its_with(table):
            parts = (table.args.get(part) for part in ("catalog", "db", "this"))
            yield ".".join(_folded(part) for part in parts if part)


def _within_its_with(table: exp.Table) -> bool:
    """Whether a WITH that the table lies within names it. Without RECURSIVE one sees only those before it."""
    name = _folded(table.this)
    below: exp.Expr = table
    above = table.parent
    while above is not None:
        clause = above if isinstance(above, exp.With) else above.args.get("with_")
        if isinstance(clause, exp.With) and below is not clause:
            seen = clause.expressions
            if above is clause and not clause.recursive:
                seen = seen[: next(place for place, one in enumerate(seen) if one is below)]
            if any(_folded(one.args["alias"].this) == name for one in seen):
                return True
        below, above = above, above.parent
    return False


def _folded(identifier: exp.Expr) -> str:
    """As PostgreSQL reads it: in small letters unless it is quoted."""
    return identifier.name if identifier.args.get("quoted") else identifier.name.lower()
