"""What `neighbours` asks Postgres."""

NEAREST = 3

_ANSWER = """
  extract(epoch FROM clock_timestamp() - c.at)::float8, c.text, c.structured, c.model, c.passages
"""
# The vectors are read once; the inner search needs nothing but the partition's index.
NEAR = f"""
WITH q AS MATERIALIZED (
  SELECT n, p, v::sparsevec::halfvec(512) AS v
  FROM unnest(%(n)s::int[], %(p)s::bytea[], %(v)s::text[]) AS u(n, p, v)
)
SELECT q.n, e.question, near.likeness, {_ANSWER}
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
NEAR_INDEXED = f"""
SELECT near.question, near.likeness, {_ANSWER}
FROM (
  SELECT s.key, s.question, -(s.embedding <#> %(v)s::sparsevec::halfvec(512)) AS likeness
  FROM gateway_semanticentry s
  WHERE s.partition = PARTITION AND s.expires_at > now()
  ORDER BY s.embedding <#> %(v)s::sparsevec::halfvec(512) LIMIT {NEAREST}
) near
JOIN gateway_cacheentry c ON c.key = near.key AND c.expires_at > now()
WHERE near.likeness >= %(least)s
ORDER BY near.likeness DESC
"""  # noqa: S608 - our own words
KEEP = """
INSERT INTO gateway_semanticentry
  (key, partition, feature, tenant, knowledge_revision, question, at, expires_at, embedding)
SELECT decode(r.key, 'hex'), decode(r.partition, 'hex'), r.feature, r.tenant, r.revision, r.question,
  clock_timestamp(), to_timestamp(r.expires), r.vector::sparsevec::halfvec(512)
FROM jsonb_to_recordset(%s::jsonb) AS r(
  key text, partition text, feature text, tenant text, revision bigint, question text, expires float8,
  vector text)
ORDER BY r.key
ON CONFLICT (key) DO UPDATE SET at = excluded.at, expires_at = excluded.expires_at
"""
CHECKED = """
INSERT INTO gateway_semanticcheck
  (call_id, at, feature, tenant, similarity, equivalent, served, question, neighbour, stored, fresh)
SELECT r.call_id, clock_timestamp(), r.feature, r.tenant, r.similarity, r.equivalent, r.served, r.question,
  r.neighbour, r.stored, r.fresh
FROM jsonb_to_recordset(%s::jsonb) AS r(
  call_id text, feature text, tenant text, similarity float8, equivalent bool, served bool, question text,
  neighbour text, stored text, fresh text)
"""
THRESHOLDS = """
SELECT DISTINCT ON (feature) feature, threshold FROM gateway_semanticthreshold
ORDER BY feature, at DESC, id DESC
"""
PURGES = """
SELECT id, CASE WHEN %s::bigint IS NULL THEN '[]'::jsonb ELSE keys END FROM gateway_cachepurge
WHERE id > coalesce(%s::bigint, 0) ORDER BY id
"""
SWEEP = """
DELETE FROM gateway_semanticentry e WHERE expires_at <= clock_timestamp()
"""
INDEXES = """
SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE starts_with(c.relname::text, %s) AND i.indisvalid
"""
