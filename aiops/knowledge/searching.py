"""What a feature's documents have on a question, as one statement: for pages and for the gateway's pool.

Each language that the feature's chunks have is asked in its own way; any word may match, and the rank says
how well. Only the feature's own chunks are seen, and of those with a tenant only this tenant's.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from django.db import connection

from aiops.knowledge import bigrams, languages

LONGEST = 2000  # characters of a question that are read
MOST_PAIRS = 128
ELSEWHERE = 0.5  # what a rank in another language than the question's counts

SEARCH = """
WITH feature AS (
  SELECT f.id, k.languages FROM features_feature f JOIN knowledge_knowledge k ON k.feature_id = f.id
  WHERE f.slug = %(feature)s
), asked AS (
  SELECT language, CASE WHEN language = ANY(%(by_pairs)s) THEN %(pairs)s::tsquery
    ELSE regexp_replace(plainto_tsquery(coalesce(%(configurations)s::jsonb ->> language, 'simple')::regconfig,
      %(question)s)::text, ' (&|<->|<[0-9]+>) ', ' | ', 'g')::tsquery END AS query
  FROM feature, unnest(feature.languages) AS language
)
SELECT d.path, v.title, v.url, c.headings, c.text,
  ts_rank('{0.4, 0.4, 0.4, 1.0}', c.words, asked.query, 1)
    * CASE WHEN %(own)s IN ('', asked.language) THEN 1 ELSE %(elsewhere)s END AS score
FROM asked JOIN knowledge_chunk c ON c.words @@ asked.query AND c.language = asked.language
JOIN knowledge_documentversion v ON v.id = c.version_id JOIN knowledge_document d ON d.id = v.document_id
WHERE c.feature_id = (SELECT id FROM feature)
  AND (c.tenant_id IS NULL OR c.tenant_id = (SELECT id FROM tenants_tenant WHERE slug = %(tenant)s))
ORDER BY score DESC, c.id LIMIT %(most)s
"""


class Found(NamedTuple):
    """A chunk that answers, perhaps. `score` is for comparing those of one search."""

    path: str
    title: str
    url: str
    headings: Sequence[str]
    text: str
    score: float

    @property
    def heading(self) -> str:
        """The document's title and the chunk's place in it."""
        return " › ".join(dict.fromkeys((self.title, *self.headings)))


def asked(feature: str, tenant: str, question: str, locale: str, most: int) -> dict[str, Any]:
    """The values that `SEARCH` wants. `tenant` "": only what all may see."""
    read = question[:LONGEST].replace("\x00", " ")
    return {
        "feature": feature,
        "tenant": tenant,
        "question": read,
        "pairs": bigrams.query(read, MOST_PAIRS),
        "by_pairs": sorted(languages.BY_PAIRS),
        "configurations": orjson.dumps(languages.CONFIGURATIONS).decode(),
        "own": languages.language_of(locale) or languages.by_script(read),
        "elsewhere": ELSEWHERE,
        "most": most,
    }


def found(row: Sequence[Any]) -> Found:
    """A row of the answer, whichever driver read it."""
    path, title, url, headings, text, score = row
    above = orjson.loads(headings) if isinstance(headings, (str, bytes)) else headings
    return Found(path, title, url, above, text, float(score))


def search(feature: str, question: str, *, tenant: str = "", locale: str = "", most: int = 5) -> list[Found]:
    """The best chunks first."""
    with connection.cursor() as cursor:
        cursor.execute(SEARCH, asked(feature, tenant, question, locale, most))
        return [found(row) for row in cursor.fetchall()]
