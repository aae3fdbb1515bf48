"""The output is a query that only reads, and finds what the reference finds."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import Field, field_validator

from aiops.core.texts.read_only import foreign_tables, has_order, parse_query
from aiops.evaluations.scorers.base import (
    Golden,
    Judgement,
    Scorer,
    accepted_answers,
    not_judged,
    shorten,
    verdict,
)
from aiops.evaluations.scorers.exact import unfenced
from aiops.evaluations.scorers.sandbox import QueryFailed, Row, Sandbox, check_fixture, sandbox


class Sql(Scorer):
    """One PostgreSQL query that only reads; with a fixture it runs, and returns the rows of the expected
    query.

    The order of rows matters only where the expected query has ORDER BY; names of columns never do.
    """

    type: ClassVar[str] = "sql"
    title: ClassVar[str] = "SQL"
    example: ClassVar[dict[str, Any]] = {}

    fixture: str = Field(
        default="",
        max_length=50_000,
        description="CREATE TABLE and INSERT, and CREATE SCHEMA where queries name one: what to run on."
        " Empty: queries are only parsed",
        json_schema_extra={"rows": 5},
    )
    allow_fence: bool = False

    @field_validator("fixture")
    @classmethod
    def loads(cls, given: str) -> str:
        check_fixture(given)
        return given

    def score(self, output: str, golden: Golden) -> Judgement:
        query = unfenced(output) if self.allow_fence else output
        try:
            tree = parse_query(query)
        except ValueError as error:
            return verdict(False, f"Refused: {error}.")
        if not self.fixture.strip():
            return verdict(True)
        if foreign := next(foreign_tables(tree, check_fixture(self.fixture).schemas), None):
            return verdict(False, f"Refused: {foreign} is not a table of the fixture.")
        references = [answer for answer in accepted_answers(golden) if isinstance(answer, str)]
        with sandbox(self.fixture) as database:
            return _compare(database, query, references)


def _compare(database: Sandbox, query: str, references: Sequence[str]) -> Judgement:
    """Passed where `query` runs and returns what any of `references` does; without any, where it runs."""
    wanted = []
    for reference in references:
        try:
            wanted.append((database.rows(reference), has_order(parse_query(reference))))
        except (QueryFailed, ValueError) as error:
            return not_judged(f"The expected query fails: {error}.")
    try:
        found = database.rows(query)
    except QueryFailed as error:
        return verdict(False, f"The query fails: {error}.")
    if not wanted or any(_same(found, rows, ordered=ordered) for rows, ordered in wanted):
        return verdict(True)
    return verdict(False, _difference(found, *wanted[0]))


def _same(found: list[Row], wanted: list[Row], *, ordered: bool) -> bool:
    left, right = [_plain(row) for row in found], [_plain(row) for row in wanted]
    return left == right if ordered else Counter(left) == Counter(right)


def _plain(row: Row) -> tuple[str, ...]:
    """Values as texts that are equal where the values are: 1, 1.0 and 1.00 are one number."""
    return tuple(map(_text, row))


def _text(value: Any) -> str:
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return f"{float(value):.9g}"
    return repr(value)


def _difference(found: list[Row], wanted: list[Row], ordered: bool) -> str:  # noqa: FBT001 - as collected
    if found and wanted and len(found[0]) != len(wanted[0]):
        return f"Columns returned: {len(found[0])}, expected {len(wanted[0])}."
    if len(found) != len(wanted):
        return f"Rows returned: {len(found)}, expected {len(wanted)}."
    left, right = [_plain(row) for row in found], [_plain(row) for row in wanted]
    if ordered and Counter(left) == Counter(right):
        return "Returns the expected rows in another order."
    first = next(iter((Counter(left) - Counter(right)).elements()))
    return f"Returns a row that was not expected: {shorten(', '.join(first), 200)}."
