"""Questions are written as pgvector sends and takes them: half the bytes, and no text to be made or read."""

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from aiops.gateway.semantic.embedding import DIMENSIONS, Sparse
from aiops.gateway.semantic.shelves import Entry


class Kept(NamedTuple):
    """A question that is to be written. `tenant` empty: shared."""

    entry: Entry
    partition: bytes
    feature: str
    tenant: str
    revision: int
    vector: Sparse


async def keep(connection: Any, rows: Sequence[Kept], writer: str) -> None:
    """In one transaction. A question that is known lives as long as the new one."""
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(_NEW)
        async with cursor.copy(_COPY) as copy:
            await copy.write(b"".join([_BEGIN, *map(_row, rows), _END]))
        await cursor.execute(_KEEP, (writer,))


_BEGIN, _END = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0), struct.pack("!h", -1)
_COLUMNS = 8
_EIGHT = struct.Struct("!id")
_WHOLE = struct.Struct("!iq")
_VECTOR = struct.pack("!ihh", 4 + 2 * DIMENSIONS, DIMENSIONS, 0)


def _row(kept: Kept) -> bytes:
    halves = np.zeros(DIMENSIONS, ">f2")
    halves[kept.vector.places] = kept.vector.values
    texts = (kept.entry.key, kept.partition, kept.feature.encode(), kept.tenant.encode())
    question = kept.entry.question.encode(errors="replace")  # half a surrogate is no text
    return b"".join(
        [
            _COLUMNS.to_bytes(2, "big"),
            *(part for text in (*texts, question) for part in (len(text).to_bytes(4, "big"), text)),
            _WHOLE.pack(8, kept.revision),
            _EIGHT.pack(8, kept.entry.expires),
            _VECTOR,
            halves.tobytes(),
        ]
    )


# On a session's own table, for COPY itself knows no ON CONFLICT.
_NEW = """
CREATE TEMP TABLE IF NOT EXISTS semantic_new (
  key bytea, partition bytea, feature text, tenant text, question text, revision bigint, expires float8,
  embedding halfvec(512)
) ON COMMIT DELETE ROWS
"""
_COPY = "COPY semantic_new FROM STDIN (FORMAT BINARY)"
_KEEP = """
INSERT INTO gateway_semanticentry
  (key, partition, feature, tenant, knowledge_revision, question, at, expires_at, embedding, writer)
SELECT DISTINCT ON (key) key, partition, feature, tenant, revision, question, clock_timestamp(),
  to_timestamp(expires), embedding, %s
FROM semantic_new ORDER BY key
ON CONFLICT (key) DO UPDATE SET at = excluded.at, expires_at = excluded.expires_at, writer = excluded.writer
"""
