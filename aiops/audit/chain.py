"""The chain of hashes over all events, read from the database and checked row by row."""

import json
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from django.db import connection, transaction

from aiops.audit import offline
from aiops.audit.offline import Report, Row

# One statement is one snapshot: an event committed meanwhile is there with its link, or not at all.
ROWS = """
    SELECT link.seq, coalesce(link.event_id, event.id), link.prev_hash, link.hash,
           CASE WHEN event.id IS NOT NULL THEN audit_canonical(event) END
    FROM audit_link AS link FULL JOIN audit_auditevent AS event ON event.id = link.event_id
    ORDER BY link.seq NULLS LAST, event.id
"""


def verify(*, head: str = "", export: Path | None = None) -> Report:
    """Check every link and event; with `export` also write all of them, broken or not, as JSON Lines.

    `head` is a hash noted earlier, which has to be in the chain. Rows are streamed: memory stays constant.
    """
    with ExitStack() as stack:
        stack.enter_context(transaction.atomic())
        rows = _rows()
        if export:
            rows = _written(rows, stack.enter_context(export.open("w", encoding="utf-8")))
        report = offline.check(rows, head)
        deque(rows, maxlen=0)
        return report


def _rows() -> Iterator[Row]:
    with connection.chunked_cursor() as cursor:
        cursor.cursor.itersize = 2000
        cursor.execute(ROWS)
        yield from map(Row._make, cursor)


def _written(rows: Iterator[Row], file: TextIO) -> Iterator[Row]:
    for row in rows:
        file.write(json.dumps(row._asdict(), ensure_ascii=False) + "\n")
        yield row
