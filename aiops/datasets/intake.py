"""Cases from a file into the draft: COPY into a temporary table, then three statements for all of them.

100,000 cases pass through memory one by one; only their ids stay, to find those that stand there twice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from aiops.datasets import words
from aiops.datasets.models import Dataset
from aiops.datasets.validation import Checked

_STAGE = """
DROP TABLE IF EXISTS pg_temp.datasets_staged;
DROP TABLE IF EXISTS pg_temp.datasets_matched;
CREATE TEMPORARY TABLE datasets_staged (
    number integer, key text, inputs jsonb, expected jsonb, category text, locale text, tags text[],
    metadata jsonb, must_pass boolean, checks jsonb, digest text, words tsvector
) ON COMMIT DROP
"""
_COPY = "COPY datasets_staged FROM STDIN"
_MATCH = """
ANALYZE datasets_staged;
CREATE TEMPORARY TABLE datasets_matched ON COMMIT DROP AS
    SELECT live.id, live.key, live.position, live.digest <> staged.digest AS changed
    FROM datasets_case live JOIN datasets_staged staged USING (key)
    WHERE live.dataset_id = %(dataset)s AND live.until IS NULL;
ANALYZE datasets_matched
"""
_CLOSE = """
UPDATE datasets_case SET until = %(draft)s, closed_at = %(at)s, closed_by_id = %(by)s
WHERE id IN (SELECT id FROM datasets_matched WHERE changed)
"""
_REMOVE = """
UPDATE datasets_case SET until = %(draft)s, closed_at = %(at)s, closed_by_id = %(by)s
WHERE dataset_id = %(dataset)s AND until IS NULL AND NOT EXISTS
    (SELECT 1 FROM datasets_staged WHERE datasets_staged.key = datasets_case.key)
"""
_ADD = """
INSERT INTO datasets_case (
    dataset_id, key, since, position, inputs, expected, category, locale, tags, metadata, must_pass, checks,
    digest, words, created_at, created_by_id)
SELECT %(dataset)s, key, %(draft)s, coalesce(matched.position, first.position + number), inputs, expected,
    category, locale, tags, metadata, must_pass, checks, digest, words, %(at)s, %(by)s
FROM datasets_staged LEFT JOIN datasets_matched matched USING (key),
    (SELECT coalesce(max(position), 0) AS position FROM datasets_case WHERE dataset_id = %(dataset)s) first
WHERE matched.id IS NULL OR matched.changed
ORDER BY number
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """What an import does to a draft, in cases."""

    total: int  # in the file
    new: int
    changed: int
    unchanged: int
    removed: int = 0

    def __str__(self) -> str:
        text = (
            f"{self.total:,} cases: {self.new:,} new, {self.changed:,} changed, {self.unchanged:,} unchanged"
        )
        return f"{text}, {self.removed:,} removed" if self.removed else text


def stage(cases: Iterable[Checked]) -> None:
    """Copy `cases` into the temporary table of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        database: Any = cursor  # psycopg's own cursor below it knows COPY
        with database.copy(_COPY) as copy:
            for row in _rows(cases):
                copy.write_row(row)


def apply(dataset: Dataset, *, at: datetime, by_id: int | None, replace: bool) -> Counts:
    """Bring the draft of `dataset`, whose row the caller holds, to what is staged (`replace`: to no more)."""
    values: dict[str, Any] = {"dataset": dataset.pk, "draft": dataset.draft_number, "at": at, "by": by_id}
    with connection.cursor() as cursor:
        cursor.execute(
            _MATCH.replace("%(dataset)s", str(int(dataset.pk)))
        )  # several statements take no parameters
        cursor.execute(_CLOSE, values)
        changed = cursor.rowcount
        removed = _run(cursor, _REMOVE, values) if replace else 0
        added = _run(cursor, _ADD, values)
        cursor.execute("SELECT count(*) FROM datasets_staged")
        total = int(cursor.fetchone()[0])
    new = added - changed
    return Counts(total, new, changed, total - new - changed, removed)


def _run(cursor: Any, statement: str, values: dict[str, Any]) -> int:
    cursor.execute(statement, values)
    return int(cursor.rowcount)


def _rows(cases: Iterable[Checked]) -> Iterator[tuple[Any, ...]]:
    for number, case in enumerate(cases, start=1):
        content, parts = case.content, case.parts
        yield (
            number,
            content.key,
            parts["inputs"],
            None if content.expected is None else parts["expected"],
            content.category,
            content.locale,
            content.tags,
            parts["metadata"],
            content.must_pass,
            parts.get("checks", "[]"),
            case.digest,
            words.vector(words.lexemes(content.texts())),
        )
