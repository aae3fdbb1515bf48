"""The semantic cache's questions in another space. What is not embedded yet is a miss, and costs a call."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import BigIntegerField, Func, Sum

from aiops.core import clock
from aiops.embeddings.models import Space
from aiops.embeddings.shaping import Vector
from aiops.gateway.models import SemanticCheck, SemanticEntry, SemanticThreshold, SemanticVector
from aiops.gateway.reembedding.paying import Text
from aiops.gateway.semantic.threshold import TARGET
from aiops.gateway.stores import spaced

Made = Sequence[tuple[Text, Vector]]
_MISSING = """
SELECT e.key, e.feature, e.question FROM gateway_semanticentry e
WHERE e.key > %s AND e.expires_at > now()
  AND NOT EXISTS (SELECT 1 FROM gateway_semanticvector v WHERE v.space = %s AND v.key = e.key)
ORDER BY e.key LIMIT %s
"""
_WRITE = """
INSERT INTO gateway_semanticvector (space, key, partition, question, expires_at, embedding)
SELECT %s, e.key, e.partition, e.question, e.expires_at, w.numbers::halfvec
FROM unnest(%s::bytea[], %s::text[]) AS w(key, numbers) JOIN gateway_semanticentry e ON e.key = w.key
ORDER BY e.key ON CONFLICT (space, key) DO UPDATE SET expires_at = excluded.expires_at
"""


class Questions:
    """A `Target`; its places are the entries' keys."""

    START = b""

    def count(self) -> int:
        return SemanticEntry.objects.filter(expires_at__gt=clock.now()).count()

    def size(self) -> int:
        live = SemanticEntry.objects.filter(expires_at__gt=clock.now())
        bytes_of = Func("question", function="octet_length", output_field=BigIntegerField())
        return live.aggregate(size=Sum(bytes_of))["size"] or 0

    def counted(self, space: int) -> int:
        return SemanticVector.objects.filter(space=space, expires_at__gt=clock.now()).count()

    def missing(self, space: int, after: bytes, most: int) -> list[Text]:
        with connection.cursor() as cursor:
            cursor.execute(_MISSING, [after, space, most])
            return [Text(bytes(key), feature, question) for key, feature, question in cursor.fetchall()]

    def write(self, space: int, made: Made) -> None:
        with connection.cursor() as cursor:
            keys, numbers = [text.key for text, _ in made], [spaced.written(vector) for _, vector in made]
            cursor.execute(_WRITE, [space, keys, numbers])

    def caught_up(self, space: int, made: Made) -> None:
        self.write(space, made)

    def prepare(self, space: Space) -> None:
        """A partition is searched whole."""

    def lock(self) -> None:
        """An entry that is missed is a miss, and is embedded a moment later."""

    def switched(self, space: Space | None) -> None:
        """A likeness of other vectors means something else: every feature's threshold is learnt again."""
        decided = SemanticThreshold.objects.order_by().values_list("feature", flat=True).distinct()
        checked = SemanticCheck.objects.order_by().values_list("feature", flat=True).distinct()
        SemanticThreshold.objects.bulk_create(
            SemanticThreshold(
                feature=feature,
                space=space.pk if space else 0,
                action=SemanticThreshold.Action.EMBEDDER,
                threshold=None,
                checks=0,
                false=0,
                target=TARGET,
            )
            for feature in sorted({*decided, *checked})
        )

    def drop_but(self, kept: Sequence[int], most: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM gateway_semanticvector WHERE ctid = ANY(ARRAY(SELECT ctid FROM"
                " gateway_semanticvector WHERE space <> ALL(%s) OR expires_at < now() LIMIT %s))",
                [list(kept), most],
            )
