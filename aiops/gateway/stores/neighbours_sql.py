"""What `neighbours` asks Postgres."""

NEAREST = 3
AGAIN = 50  # purges that are looked at again

ANSWER = """
  extract(epoch FROM clock_timestamp() - c.at)::float8, c.text, c.structured, c.model, c.passages
"""
# The vectors are read once; the inner search needs nothing but the partition's index.
NEAR = f"""
WITH q AS MATERIALIZED (
  SELECT n, p, v::sparsevec::halfvec(512) AS v
  FROM unnest(%(n)s::int[], %(p)s::bytea[], %(v)s::text[]) AS u(n, p, v)
)
SELECT q.n, e.question, near.likeness, {ANSWER}
FROM q CROSS JOIN LATERAL (
  SELECT s.key, -(s.embedding <#> q.v) AS likeness FROM gateway_semanticentry s
  WHERE s.partition = q.p AND s.expires_at > now()
  ORDER BY s.embedding <#> q.v LIMIT {NEAREST}
) near
JOIN gateway_semanticentry e ON e.key = near.key
JOIN gateway_cacheentry c ON c.key = near.key AND c.expires_at > now()
WHERE near.likeness >= %(least)s
ORDER BY q.n, near.likeness DESC
"""  # noqa: S608 - our own words
# The partition stands in the text, so that Postgres can tell which index is that partition's own.
_INDEXED = f"""
WITH q AS MATERIALIZED (
  SELECT n, v::sparsevec::halfvec(512) AS v FROM unnest(%(n)s::int[], %(v)s::text[]) AS u(n, v)
)
SELECT q.n, near.question, near.likeness, {ANSWER}
FROM q CROSS JOIN LATERAL (
  SELECT s.key, s.question, -(s.embedding <#> q.v) AS likeness FROM gateway_semanticentry s
  WHERE s.partition = PARTITION AND s.expires_at > now()
  ORDER BY s.embedding <#> q.v LIMIT {NEAREST}
) near
JOIN gateway_cacheentry c ON c.key = near.key AND c.expires_at > now()
WHERE near.likeness >= %(least)s
ORDER BY q.n, near.likeness DESC
"""  # noqa: S608 - our own words
# How an HNSW index is searched: on past what has expired, and widely enough that the nearest is found.
WIDELY = "-c hnsw.iterative_scan=strict_order -c hnsw.ef_search=200"


def indexed(partition: bytes) -> str:
    """`NEAR` in one large partition alone."""
    return _INDEXED.replace("PARTITION", f"'\\x{partition.hex()}'::bytea")


ANSWERS = f"""
SELECT c.key, {ANSWER} FROM gateway_cacheentry c WHERE c.key = ANY(%s) AND c.expires_at > now()
"""  # noqa: S608 - as above
CHECKED = """
INSERT INTO gateway_semanticcheck
  (call_id, at, feature, tenant, similarity, equivalent, served, question, neighbour, stored, fresh,
   judged)
SELECT r.call_id, clock_timestamp(), r.feature, r.tenant, r.similarity, r.equivalent, r.served, r.question,
  r.neighbour, r.stored, r.fresh, r.judged
FROM jsonb_to_recordset(%s::jsonb) AS r(
  call_id text, feature text, tenant text, similarity float8, equivalent bool, served bool, question text,
  neighbour text, stored text, fresh text, judged text)
"""
THRESHOLDS = """
SELECT DISTINCT ON (feature) feature, threshold FROM gateway_semanticthreshold
WHERE space = 0 ORDER BY feature, at DESC, id DESC
"""
PURGES = f"""
SELECT id, CASE WHEN %(first)s THEN '[]'::jsonb ELSE keys END
FROM (SELECT * FROM gateway_cachepurge ORDER BY id DESC LIMIT {AGAIN}) late
WHERE id <> ALL(%(known)s::bigint[]) ORDER BY id
"""  # noqa: S608 - our own number
SWEEP = """
DELETE FROM gateway_semanticentry WHERE key IN (
  SELECT key FROM gateway_semanticentry WHERE expires_at <= clock_timestamp()
  ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED
)
"""
