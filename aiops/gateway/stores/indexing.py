"""An HNSW index for each partition that is too large to be searched whole, and what is out of date."""

from django.db import connection

from aiops.gateway.models import CacheEntry, SemanticEntry
from aiops.knowledge.models import Knowledge

LARGE = 20_000  # entries
INDEXED = "gateway_semantic_h_"
_LARGE_ONES = """
SELECT encode(partition, 'hex') FROM gateway_semanticentry GROUP BY partition HAVING count(*) >= %s
"""
_INDEXES = "SELECT c.relname FROM pg_class c WHERE c.relkind = 'i' AND starts_with(c.relname::text, %s)"


def index_large(least: int = LARGE) -> list[str]:
    """Make what is missing, drop what no longer serves; the names of new ones. Calls go on meanwhile.

    Outside any transaction: an index that is made while others write cannot be made in one.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LARGE_ONES, [least])
        wanted = {f"{INDEXED}{place[:24]}": place for (place,) in cursor.fetchall()}
        cursor.execute(_INDEXES, [INDEXED])
        there = {name for (name,) in cursor.fetchall()}
        for name in sorted(there - wanted.keys()):
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        made = sorted(wanted.keys() - there)
        cursor.execute(
            "SET maintenance_work_mem = '512MB'"
        )  # a graph that does not fit takes ten times as long
        for name in made:
            cursor.execute(
                f"CREATE INDEX CONCURRENTLY {name} ON gateway_semanticentry"
                f" USING hnsw (embedding halfvec_ip_ops) WHERE partition = '\\x{wanted[name]}'::bytea"
            )
        cursor.execute("RESET maintenance_work_mem")
    return made


def drop_outdated() -> int:
    """Remove answers from documents of before: nothing finds them any more. Return how many."""
    dropped = 0
    for feature, revision in Knowledge.objects.values_list("feature__slug", "revision"):
        old = SemanticEntry.objects.filter(feature=feature, knowledge_revision__lt=revision)
        keys = list(old.values_list("key", flat=True))
        SemanticEntry.objects.filter(key__in=keys).delete()
        CacheEntry.objects.filter(key__in=keys).delete()
        dropped += len(keys)
    return dropped
