"""A text into the database: a version of its document, and chunks that are found instead of the old ones."""

import json
from typing import Any, Literal

from django.db import connection

from aiops.core import clock
from aiops.core.actors import Actor
from aiops.knowledge import bigrams, chunking, languages, vectors
from aiops.knowledge.models import Chunk, Document, DocumentVersion, Source
from aiops.knowledge.reading import File, Text

Change = Literal["added", "changed", "unchanged"]

_INSERT = """
INSERT INTO knowledge_chunk
  (version_id, ordinal, headings, begins, ends, text, language, feature_id, words, embedding)
SELECT %(version)s, ordinal, headings, begins, ends, text, %(language)s, %(feature)s,
  CASE WHEN pairs IS NOT NULL THEN pairs::tsvector
  ELSE setweight(to_tsvector(%(configuration)s::regconfig, above), 'A')
    || setweight(to_tsvector(%(configuration)s::regconfig, text), 'D') END, embedding::vector
FROM jsonb_to_recordset(%(rows)s::jsonb)
  AS x(ordinal int, headings jsonb, begins int, ends int, text text, above text, pairs text, embedding text)
"""


def current(document: Document) -> DocumentVersion | None:
    """The newest version."""
    return document.versions.order_by("-number").first()


def store(source: Source, file: File, text: Text, *, by: Actor) -> Change:
    """Make `text` what is found of the document, inside the caller's transaction."""
    document, _ = Document.objects.get_or_create(source=source, path=file.path)
    newest = current(document)
    if newest and newest.sha256 == file.sha256 and document.removed_at is None:
        return "unchanged"
    pieces = chunking.pieces(text.text, markdown=text.markdown)
    version = DocumentVersion.objects.create(
        document=document,
        number=newest.number + 1 if newest else 1,
        sha256=file.sha256,
        title=text.title,
        url=text.url,
        language=text.language,
        text=text.text,
        chunk_count=len(pieces),
        loaded_by=by.actor_label,
    )
    Chunk.objects.filter(version__document=document).delete()
    _insert(version, pieces, source.feature_id)
    if document.removed_at:
        Document.objects.filter(pk=document.pk).update(removed_at=None)
    return "changed" if newest else "added"


def remove(document: Document) -> None:
    """Nobody finds it any more; its versions are kept."""
    Chunk.objects.filter(version__document=document).delete()
    Document.objects.filter(pk=document.pk, removed_at=None).update(removed_at=clock.now())


def _insert(version: DocumentVersion, pieces: list[chunking.Piece], feature: int) -> None:
    rows = [
        _row(version, number, piece, by_pairs=version.language in languages.BY_PAIRS)
        for number, piece in enumerate(pieces, start=1)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "version": version.pk,
                "language": version.language,
                "feature": feature,
                "configuration": languages.CONFIGURATIONS.get(version.language, "simple"),
                "rows": json.dumps(rows),
            },
        )


def _row(version: DocumentVersion, number: int, piece: chunking.Piece, *, by_pairs: bool) -> dict[str, Any]:
    text = version.text[piece.begins : piece.ends]
    above = "\n".join(dict.fromkeys((version.title, *piece.headings)))
    return {
        "ordinal": number,
        "headings": piece.headings,
        "begins": piece.begins,
        "ends": piece.ends,
        "text": text,
        "above": above,
        "embedding": vectors.written(vectors.vector(chunking.embedded(version.title, piece.headings, text))),
        "pairs": bigrams.vector(((above, "A"), (text, "D"))) if by_pairs else None,
    }
