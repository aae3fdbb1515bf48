"""Cases out of the database as values, and as files. Nothing is held in memory but a batch of rows."""

import hashlib
from collections.abc import Iterator

from django.db.models import QuerySet

from aiops.datasets.content import CaseContent
from aiops.datasets.formats import csv_table, jsonl
from aiops.datasets.models import Case

FORMATS = {"jsonl": "application/jsonl; charset=utf-8", "csv": "text/csv; charset=utf-8"}
_BATCH = 1000


def contents(cases: QuerySet[Case]) -> Iterator[CaseContent]:
    """What `cases` say, in their order."""
    rows = cases.values_list(*Case.CONTENT)
    return (CaseContent(*row) for row in rows.iterator(chunk_size=_BATCH))


def dump(cases: QuerySet[Case], format: str) -> Iterator[str]:  # noqa: A002 - the word of CONTRACTS 1
    """The lines of a file with `cases`; `format` is one of FORMATS."""
    if format == "csv":
        return csv_table.dump(lambda: contents(cases))
    return jsonl.dump(contents(cases))


def sha256(cases: QuerySet[Case]) -> str:
    """SHA-256 of the JSON Lines file with `cases`."""
    summed = hashlib.sha256()
    for line in dump(cases, "jsonl"):
        summed.update(line.encode())
    return summed.hexdigest()
