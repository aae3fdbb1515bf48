"""Chunks' vectors in another space than hashing's: what lacks one, writing, the space's index, what goes.

Statements of the searches in a space are in `searching.py`. Nothing here asks a model, or knows of money.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from aiops.embeddings.models import Space
from aiops.knowledge import chunking, vectors
from aiops.knowledge.models import ChunkVector, Knowledge

INDEX = "knowledge_vector_s"
PAIRS = 400  # chunks that are drawn to learn how alike unrelated texts are
LEAST_PAIRS = 30
_MISSING = """
SELECT c.id, f.slug, v.title, c.headings, c.text
FROM knowledge_chunk c JOIN features_feature f ON f.id = c.feature_id
JOIN knowledge_documentversion v ON v.id = c.version_id
WHERE c.id > %s
  AND NOT EXISTS (SELECT 1 FROM knowledge_chunkvector x WHERE x.chunk_id = c.id AND x.space_id = %s)
ORDER BY c.id LIMIT %s
"""
_WRITE = """
INSERT INTO knowledge_chunkvector (chunk_id, space_id, feature, tenant, embedding)
SELECT c.id, %s, c.feature_id, c.tenant_id, w.numbers::halfvec
FROM unnest(%s::bigint[], %s::text[]) AS w(id, numbers) JOIN knowledge_chunk c ON c.id = w.id
ORDER BY c.id FOR KEY SHARE OF c
ON CONFLICT DO NOTHING RETURNING feature
"""
_UNRELATED = """
WITH drawn AS (
  SELECT embedding, row_number() OVER (ORDER BY md5(chunk_id::text)) AS n
  FROM knowledge_chunkvector WHERE space_id = %s ORDER BY md5(chunk_id::text) LIMIT %s
)
SELECT count(*), avg(1 - (a.embedding <=> b.embedding)), stddev(1 - (a.embedding <=> b.embedding))
FROM drawn a JOIN drawn b ON b.n = a.n + 1
"""
_CHANGED = """
UPDATE knowledge_knowledge SET revision = revision + 1, changed_at = clock_timestamp()
WHERE feature_id = ANY(%s)
"""
_INDEXES = """
SELECT c.relname::text, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE starts_with(c.relname::text, %s)
"""


class Lacking(NamedTuple):
    """A chunk without a vector; `text` is what a vector is made of."""

    chunk: int
    feature: str
    text: str


def count() -> int:
    """Of all chunks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM knowledge_chunk")
        return int(cursor.fetchone()[0])


def size() -> int:
    """Bytes of all chunks, with room for their titles and headings."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum("
            "octet_length(c.text) + octet_length(v.title) + octet_length(c.headings::text)), 0)"
            " FROM knowledge_chunk c JOIN knowledge_documentversion v ON v.id = c.version_id"
        )
        return int(cursor.fetchone()[0])


def counted(space: int) -> int:
    """Of the vectors in the space."""
    return ChunkVector.objects.filter(space=space).count()


def missing(space: int, after: int, most: int) -> list[Lacking]:
    """Chunks past the number `after` that have no vector in the space, the first ones."""
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, [after, space, most])
        rows = cursor.fetchall()
    return [
        Lacking(pk, feature, chunking.embedded(title, json.loads(headings), text))
        for pk, feature, title, headings, text in rows
    ]


def write(space: int, made: Sequence[tuple[int, Sequence[float]]]) -> set[int]:
    """Store vectors by chunk; one that has gone meanwhile is left out. The ids of the features."""
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            [space, [chunk for chunk, _ in made], [vectors.written(list(numbers)) for _, numbers in made]],
        )
        return {feature for (feature,) in cursor.fetchall()}


def changed(features: Sequence[int]) -> None:
    """What these (their ids) may find is another: their revision rises."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, [sorted(features)])


def lock() -> None:
    """No chunk comes or goes until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE knowledge_chunk IN SHARE MODE")


def all_changed() -> None:
    """The vectors of everybody are others."""
    changed(list(Knowledge.objects.values_list("feature", flat=True)))


def unrelated(space: int) -> float | None:
    """Above this likeness two texts have something to do with each other: three deviations over the mean of
    pairs that were drawn. None with too few chunks.
    """
    with connection.cursor() as cursor:
        cursor.execute(_UNRELATED, [space, PAIRS])
        pairs, mean, deviation = cursor.fetchone()
    return min(0.95, float(mean) + 3 * float(deviation)) if pairs >= LEAST_PAIRS else None


def index(space: Space) -> None:
    """Make the space's own index where it is missing. Calls go on; outside a transaction, but in tests."""
    name = f"{INDEX}{space.pk}"
    valid = _indexes().get(name)
    aside = "" if connection.in_atomic_block else "CONCURRENTLY"
    with connection.cursor() as cursor:
        if valid is False:  # whoever made it was killed
            cursor.execute(f"DROP INDEX {aside} IF EXISTS {name}")
        if not valid:
            cursor.execute(
                f"CREATE INDEX {aside} {name} ON knowledge_chunkvector USING hnsw"
                f" ((embedding::halfvec({space.dimensions})) halfvec_cosine_ops) WHERE space_id = {space.pk}"
            )


def drop_but(spaces: Sequence[int], most: int) -> int:
    """Remove vectors, and indexes, of all other spaces: `most` at once; how many went."""
    kept = {f"{INDEX}{space}" for space in spaces}
    aside = "" if connection.in_atomic_block else "CONCURRENTLY"
    with connection.cursor() as cursor:
        for name in sorted(_indexes().keys() - kept):
            cursor.execute(f"DROP INDEX {aside} IF EXISTS {name}")
        cursor.execute(
            "DELETE FROM knowledge_chunkvector WHERE ctid = ANY(ARRAY("
            "SELECT ctid FROM knowledge_chunkvector WHERE space_id <> ALL(%s) LIMIT %s))",
            [list(spaces), most],
        )
        return int(cursor.rowcount)


def _indexes() -> dict[str, bool]:
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES, [INDEX])
        return dict(cursor.fetchall())
