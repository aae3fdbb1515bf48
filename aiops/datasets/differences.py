"""What differs between two versions of a dataset, and between two rows of a case."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from aiops.core import diffs
from aiops.datasets.models import Case, Dataset

KINDS = ("added", "removed", "changed")

# In the older one but not in the newer, joined with the reverse. The rows tell it all by `since` and `until`.
_DIFFERENCES = """
WITH gone AS (
    SELECT id, key, digest, position FROM datasets_case
    WHERE dataset_id = %(dataset)s AND since <= %(older)s AND until > %(older)s AND until <= %(newer)s
), made AS (
    SELECT id, key, digest, position FROM datasets_case
    WHERE dataset_id = %(dataset)s AND since > %(older)s AND since <= %(newer)s
        AND (until IS NULL OR until > %(newer)s)
), differing AS (
    SELECT
        CASE WHEN gone.id IS NULL THEN 'added' WHEN made.id IS NULL THEN 'removed' ELSE 'changed' END AS kind,
        gone.id AS before, made.id AS after, coalesce(made.position, gone.position) AS position, key
    FROM gone FULL JOIN made USING (key) WHERE gone.digest IS DISTINCT FROM made.digest
)
"""
_COUNTS = f"{_DIFFERENCES} SELECT kind, count(*) FROM differing GROUP BY kind"  # noqa: S608 - constants only
_PAGE = f"""{_DIFFERENCES}
SELECT kind, before, after FROM differing WHERE kind = ANY(%(kinds)s)
ORDER BY position, key LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a case that differs, as a diff of its lines with changed words marked."""

    name: str
    diff: list[diffs.Line]


@dataclass(frozen=True, slots=True)
class CaseChange:
    """A case that was added, removed or changed; `fields` only where it was changed."""

    kind: str
    case: Case
    fields: list[FieldChange]


class VersionDifference:
    """The cases that differ from version `older` to version `newer` of a dataset, or its draft."""

    def __init__(self, dataset: Dataset, older: int, newer: int) -> None:
        self.dataset = dataset
        self._numbers: dict[str, Any] = {"dataset": dataset.pk, "older": older, "newer": newer}

    def counts(self) -> dict[str, int]:
        """How many cases were added, removed and changed."""
        with connection.cursor() as cursor:
            cursor.execute(_COUNTS, self._numbers)
            found = dict(cursor.fetchall())
        return {kind: found.get(kind, 0) for kind in KINDS}

    def page(self, kinds: Iterable[str], offset: int, limit: int) -> list[CaseChange]:
        """Some of them, in the order of the file."""
        with connection.cursor() as cursor:
            values = {**self._numbers, "kinds": list(kinds), "offset": offset, "limit": limit}
            cursor.execute(_PAGE, values)
            found = cursor.fetchall()
        rows = Case.objects.in_bulk([row for _, *pair in found for row in pair if row])
        return [_change(kind, rows.get(before), rows.get(after)) for kind, before, after in found]


class Differing:
    """The differences of some kinds, for a paginator."""

    ordered = True

    def __init__(self, difference: VersionDifference, kinds: Iterable[str], count: int) -> None:
        self.difference, self.kinds, self._count = difference, list(kinds), count

    def count(self) -> int:
        return self._count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, part: slice) -> list[CaseChange]:
        return self.difference.page(self.kinds, part.start, part.stop - part.start)


def fields_changed(before: Case, after: Case) -> list[FieldChange]:
    """The fields in which two rows of a case differ."""
    was, now = fields(before), fields(after)
    names = list(dict.fromkeys([*was, *now]))
    return [
        FieldChange(name, diffs.lines(was.get(name, ""), now.get(name, ""), context=2))
        for name in names
        if was.get(name) != now.get(name)
    ]


def fields(case: Case) -> dict[str, str]:
    """Every field of a case as text for people."""
    return {
        **{f"inputs.{name}": text for name, text in sorted(case.inputs.items())},
        "expected": as_text(case.expected),
        "category": case.category,
        "locale": case.locale,
        "tags": "\n".join(case.tags),
        "must pass": "yes" if case.must_pass else "no",
        "checks": as_text(case.checks or None),
        "metadata": as_text(case.metadata or None),
    }


def as_text(value: Any) -> str:
    """Text as it is, nothing for nothing, else JSON on many lines."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _change(kind: str, before: Case | None, after: Case | None) -> CaseChange:
    changed = fields_changed(before, after) if before and after else []
    case = after or before
    if case is None:
        raise LookupError("a row of a frozen version is never deleted")
    return CaseChange(kind, case, changed)
