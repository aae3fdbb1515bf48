"""What a feature's documents have on a question, as one statement: for pages and for the gateway's pool.

Two rankings are fused (reciprocal ranks, Cormack and others 2009). By text: each language that the feature's
chunks have is asked in its own way, any word may match, and a chunk counts by the share of the question's
words that it covers, rare words more (their idf). By vector: the nearest, exactly in a small feature, else by
an index that goes on until it has enough of this feature's own. Only the feature's chunks are seen, and of
those with a tenant only this tenant's.

`score` is the covered share, 0 to 1: it means the same for every question, so that a feature can say below
which one its documents do not hold the answer. Where a model makes the vectors (`Near`), its place counts as
much as the text's, and likeness above that of unrelated texts is a score as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from django.db import connection, transaction

from aiops.knowledge import bigrams, languages, vectors

LONGEST = 2000  # characters of a question that are read
MOST_TERMS = 64
ELSEWHERE = 0.5  # what a rank in another language than the question's counts
CANDIDATES = 50  # of each ranking
CONSTANT = 60  # of the reciprocal ranks: 1 / (60 + place)
LEXICAL = 0.3  # what the place by hashed vectors counts: they see the same words as the text, less well
ALIKE = 0.35  # below, a vector alone finds nothing: unrelated texts come as near
UNRELATED = 0.5  # the same of a model's vectors, where the space says nothing
EXACTLY = 10_000  # chunks up to which all vectors are compared

GOING_ON = "hnsw.iterative_scan=strict_order"

SEARCH = """
WITH feature AS (
  SELECT f.id, k.languages, k.counted,
    (SELECT coalesce(sum(value::int), 0) FROM jsonb_each_text(k.counted)) AS chunks
  FROM features_feature f JOIN knowledge_knowledge k ON k.feature_id = f.id WHERE f.slug = %(feature)s
), mine AS (
  SELECT id FROM tenants_tenant WHERE slug = %(tenant)s
), terms AS MATERIALIZED (
  SELECT asked.language, asked.term,
    ln(1 + (greatest(coalesce((feature.counted ->> asked.language)::int, 0), t.chunks)
      - coalesce(t.chunks, 0) + 0.5) / (coalesce(t.chunks, 0) + 0.5)) AS weight
  FROM feature CROSS JOIN LATERAL (
    SELECT language, unnest(CASE WHEN language = ANY(%(by_pairs)s) THEN %(pairs)s::text[]
      ELSE tsvector_to_array(to_tsvector(
        coalesce(%(configurations)s::jsonb ->> language, 'simple')::regconfig, %(question)s)) END) AS term
    FROM unnest(feature.languages) AS language
  ) asked LEFT JOIN LATERAL (
    SELECT chunks FROM knowledge_term known WHERE known.feature_id = feature.id
      AND known.language = asked.language AND known.term = asked.term LIMIT 1
  ) t ON true
), asked AS MATERIALIZED (
  SELECT language, sum(weight) AS whole, string_agg(
    '''' || replace(replace(term, '\\', '\\\\'), '''', '''''') || '''', ' | ')
    FILTER (WHERE place <= %(most_terms)s)::tsquery AS query
  FROM (
    SELECT *, row_number() OVER (PARTITION BY language ORDER BY weight DESC, term) AS place FROM terms
  ) ranked
  GROUP BY language
), matched AS MATERIALIZED (
  SELECT c.id, c.language, c.words, ts_rank('{0.4, 0.4, 0.4, 1.0}', c.words, asked.query) AS rank
  FROM asked JOIN knowledge_chunk c ON c.words @@ asked.query AND c.language = asked.language
  WHERE c.feature_id = (SELECT id FROM feature)
    AND (c.tenant_id IS NULL OR c.tenant_id = (SELECT id FROM mine))
  ORDER BY rank DESC, c.id LIMIT 2 * %(candidates)s
), covering AS MATERIALIZED (
  SELECT m.id, m.rank, CASE WHEN %(own)s IN ('', m.language) THEN 1 ELSE %(elsewhere)s END
    * (SELECT sum(t.weight) FROM terms t JOIN unnest(tsvector_to_array(m.words)) AS word ON word = t.term
       WHERE t.language = m.language) / (SELECT whole FROM asked WHERE asked.language = m.language) AS covered
  FROM matched m
), by_text AS (
  SELECT id, rank, covered, row_number() OVER (ORDER BY covered * (1 + rank) DESC, id) AS place FROM covering
  ORDER BY place LIMIT %(candidates)s
), near AS MATERIALIZED (
  {near}
), by_vector AS (
  SELECT id, 1 - distance AS alike, row_number() OVER (ORDER BY distance, id) AS place FROM near
  ORDER BY place LIMIT %(candidates)s
), fused AS (
  SELECT id, t.place AS text_place, v.place AS vector_place,
    greatest(
      coalesce(t.covered, 0), %(meaning)s * (coalesce(v.alike, 0) - %(alike)s) / (1 - %(alike)s)
    ) AS covered,
    coalesce(t.rank, 0) AS rank, coalesce(v.alike, 0) AS alike,
    %(by_text)s * coalesce(1.0 / (%(constant)s + t.place), 0)
      + %(by_vector)s * coalesce(1.0 / (%(constant)s + v.place), 0) AS fused
  FROM by_text t FULL JOIN by_vector v USING (id)
)
SELECT d.path, v.title, v.url, c.headings, c.text, covered, rank, alike, text_place, vector_place, fused, c.id
FROM fused JOIN knowledge_chunk c ON c.id = fused.id
JOIN knowledge_documentversion v ON v.id = c.version_id JOIN knowledge_document d ON d.id = v.document_id
WHERE fused > 0 AND (covered > 0 OR alike >= %(alike)s) ORDER BY fused DESC, c.id LIMIT %(most)s
"""
_MINE = """c.embedding IS NOT NULL AND c.feature_id = (SELECT id FROM feature)
    AND (c.tenant_id IS NULL OR c.tenant_id = (SELECT id FROM mine))"""
_DISTANCE = "c.embedding <=> %(vector)s::vector"
_NEAR = f"SELECT c.id, {_DISTANCE} AS distance FROM knowledge_chunk c WHERE {_MINE}"  # noqa: S608 - our own
_BY_INDEX = f"{_NEAR} ORDER BY {_DISTANCE} LIMIT %(candidates)s"
# A space's number and length stand in the text, so that Postgres can tell which index is its own.
_IN_SPACE = """
  SELECT x.chunk_id AS id, x.embedding::halfvec(LENGTH) <=> %(vector)s::halfvec(LENGTH) AS distance
  FROM knowledge_chunkvector x WHERE x.space_id = SPACE AND x.feature = (SELECT id FROM feature)
    AND (x.tenant IS NULL OR x.tenant = (SELECT id FROM mine))"""
_IN_SPACE_BY_INDEX = f"{_IN_SPACE} ORDER BY 2 LIMIT %(candidates)s"
COUNTED = """
SELECT coalesce(sum(value::int), 0) FROM features_feature f JOIN knowledge_knowledge k ON k.feature_id = f.id,
  jsonb_each_text(k.counted) WHERE f.slug = %(feature)s
"""


class Found(NamedTuple):
    """A chunk that answers, perhaps; and why: its place in both rankings, None where it is in one alone."""

    path: str
    title: str
    url: str
    headings: Sequence[str]
    text: str
    score: float
    rank: float
    alike: float
    text_place: int | None
    vector_place: int | None
    fused: float
    chunk: int

    @property
    def heading(self) -> str:
        """The document's title and the chunk's place in it."""
        return " › ".join(dict.fromkeys((self.title, *self.headings)))


@dataclass(frozen=True, slots=True)
class Near:
    """The question's vector in a space; `alike` None: as `UNRELATED`."""

    space: int
    vector: Sequence[float]
    alike: float | None


def statement(chunks: int, near: Near | None = None) -> str:
    """`SEARCH` for a feature of so many chunks; by hashing where there is no `near`."""
    if near is None:
        return SEARCH.replace("{near}", _NEAR if chunks <= EXACTLY else _BY_INDEX)
    found = _IN_SPACE if chunks <= EXACTLY else _IN_SPACE_BY_INDEX
    found = found.replace("LENGTH", str(len(near.vector))).replace("SPACE", str(near.space))
    return SEARCH.replace("{near}", found)


def asked(
    feature: str, tenant: str, question: str, locale: str, most: int, near: Near | None = None
) -> dict[str, Any]:
    """The values that `SEARCH` wants. `tenant` "": only what all may see."""
    read = question[:LONGEST].replace("\x00", " ")
    return {
        "feature": feature,
        "tenant": tenant,
        "question": read,
        "pairs": bigrams.asked(read, MOST_TERMS),
        "most_terms": MOST_TERMS,
        "by_pairs": sorted(languages.BY_PAIRS),
        "configurations": orjson.dumps(languages.CONFIGURATIONS).decode(),
        "own": languages.language_of(locale) or languages.by_script(read),
        "elsewhere": ELSEWHERE,
        "candidates": CANDIDATES,
        **_by_vector(read, near),
        "constant": CONSTANT,
        "by_text": 1.0,
        "most": most,
    }


def _by_vector(question: str, near: Near | None) -> dict[str, Any]:
    """`meaning`: what likeness is worth as a score, beside covered words."""
    if near is None:
        values = {"alike": ALIKE, "by_vector": LEXICAL, "meaning": 0.0}
        return {**values, "vector": vectors.written(vectors.vector(question))}
    alike = UNRELATED if near.alike is None else near.alike
    return {"alike": alike, "by_vector": 1.0, "meaning": 1.0, "vector": vectors.written(list(near.vector))}


def found(row: Sequence[Any]) -> Found:
    """A row of the answer, whichever driver read it."""
    path, title, url, headings, text, *numbers, text_place, vector_place, fused, chunk = row
    above = orjson.loads(headings) if isinstance(headings, (str, bytes)) else headings
    score, rank, alike = map(float, numbers)
    return Found(
        path, title, url, above, text, score, rank, alike, text_place, vector_place, float(fused), chunk
    )


@transaction.atomic
def search(
    feature: str,
    question: str,
    *,
    tenant: str = "",
    locale: str = "",
    most: int = 5,
    weights: Mapping[str, float] | None = None,
    near: Near | None = None,
) -> list[Found]:
    """The best chunks first. `weights`: `by_text` and `by_vector`, else as the gateway has them."""
    values = {**asked(feature, tenant, question, locale, most, near), **(weights or {})}
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {GOING_ON}")
        cursor.execute(COUNTED, values)
        cursor.execute(statement(cursor.fetchone()[0], near), values)
        return [found(row) for row in cursor.fetchall()]
