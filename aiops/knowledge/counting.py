"""How common each term is among a feature's chunks: counted again when the chunks have changed enough."""

import json

from django.db import connection

from aiops.knowledge.models import Chunk, Knowledge, Term

ENOUGH = 0.1  # of all chunks came or went: less does not change what is rare

_COUNT = """
INSERT INTO knowledge_term (feature_id, language, term, chunks)
SELECT %(feature)s, %(language)s, word, ndoc FROM ts_stat(
  format('SELECT words FROM knowledge_chunk WHERE feature_id = %%s AND language = %%L',
    %(feature)s::bigint, %(language)s::text))
"""


def recount(feature: int) -> None:
    """Count the terms of the feature (its id) afresh, if that is worth it, inside a transaction."""
    known = Knowledge.objects.filter(feature=feature).first()
    if known is None:
        return
    rows = Chunk.objects.filter(feature=feature).values_list("language").order_by().distinct()
    now = {language: Chunk.objects.filter(feature=feature, language=language).count() for (language,) in rows}
    moved = sum(abs(now.get(one, 0) - known.counted.get(one, 0)) for one in {*now, *known.counted})
    if known.counted and moved <= ENOUGH * sum(known.counted.values()):
        return
    Term.objects.filter(feature=feature).delete()
    with connection.cursor() as cursor:
        for language in now:
            cursor.execute(_COUNT, {"feature": feature, "language": language})
        cursor.execute(
            "UPDATE knowledge_knowledge SET counted = %s WHERE feature_id = %s", [json.dumps(now), feature]
        )
