"""What a worker writes: batches of results, heartbeats, and leases of money under the run's ceiling.

One statement does all of a batch: it is fenced by the shard's token, inserts what is not there yet, and
counts done, failed and cost from the rows that it inserted and from no others, so that a replay counts
nothing twice. From them alone, in the same transaction, budgets are charged and spend is summed up.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import DataError, connection, transaction

from aiops.evaluations import spent
from aiops.evaluations.claims import Claim

_WRITE = """
WITH ours AS (
  SELECT id, run_id, held FROM evaluations_shard
  WHERE id = %(shard)s AND token = %(token)s AND state = 'running' FOR NO KEY UPDATE
), fence AS (
  UPDATE evaluations_shard AS shard
  SET heartbeat_at = clock_timestamp(), held = coalesce(%(held)s::numeric, ours.held)
  FROM ours WHERE shard.id = ours.id RETURNING ours.run_id, ours.held - shard.held AS returned
), incoming AS (
  SELECT fence.run_id, r.* FROM fence, jsonb_to_recordset(%(rows)s::jsonb) AS r(
    case_id bigint, repeat smallint, output text, error_kind text, error text, messages jsonb,
    input_tokens int, cached_input_tokens int, cache_write_tokens int, output_tokens int,
    reasoning_tokens int, usage_reported bool, cost numeric, judge_cost numeric, unaccounted numeric,
    latency_ms float8,
    attempts smallint, finish_reason text, explanation text, fold smallint,
    reused_from bigint, scores jsonb)
), inserted AS (
  INSERT INTO evaluations_result (run_id, case_id, repeat, output, error_kind, error, messages, input_tokens,
    cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, usage_reported, cost,
    judge_cost, unaccounted, latency_ms, attempts, finish_reason, explanation, fold,
    reused_from_id, created_at)
  SELECT run_id, case_id, repeat, output, error_kind, error, messages, input_tokens,
    cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, usage_reported, cost,
    coalesce(judge_cost, 0), unaccounted, latency_ms, attempts, finish_reason, explanation, fold,
    reused_from, clock_timestamp() FROM incoming
  ON CONFLICT (run_id, case_id, repeat) DO NOTHING
  RETURNING id, case_id, repeat, cost, judge_cost, unaccounted, error_kind, reused_from_id
), scored AS (
  INSERT INTO evaluations_score (result_id, scorer, value, passed, reason)
  SELECT inserted.id, s.scorer, s.value, s.passed, s.reason
  FROM inserted JOIN incoming USING (case_id, repeat),
    jsonb_to_recordset(incoming.scores) AS s(scorer text, value float8, passed bool, reason text)
), counted AS (
  SELECT count(*) FILTER (WHERE error_kind = '') AS done, count(*) FILTER (WHERE error_kind <> '') AS failed,
    coalesce(sum(cost + judge_cost), 0) AS cost, coalesce(sum(judge_cost), 0) AS judge_cost,
    coalesce(sum(unaccounted), 0) AS unaccounted, count(reused_from_id) AS reused,
    coalesce(sum((SELECT original.cost FROM evaluations_result AS original
                  WHERE original.id = inserted.reused_from_id)), 0) AS reused_cost
    , array_agg(ARRAY[case_id, repeat]) AS fresh
  FROM inserted
)
UPDATE evaluations_run AS run
SET done = run.done + counted.done, failed = run.failed + counted.failed, cost = run.cost + counted.cost,
  judge_cost = run.judge_cost + counted.judge_cost,
  held = greatest(run.held - fence.returned, 0), unaccounted = run.unaccounted + counted.unaccounted,
  reused = run.reused + counted.reused, reused_cost = run.reused_cost + counted.reused_cost,
  heartbeat_at = clock_timestamp()
FROM counted, fence WHERE run.id = fence.run_id
RETURNING run.state, run.done, run.failed, counted.fresh
"""

_LEASE = """
WITH fence AS (
  SELECT id, run_id FROM evaluations_shard
  WHERE id = %(shard)s AND token = %(token)s AND state = 'running' FOR NO KEY UPDATE
), leased AS (
  UPDATE evaluations_run AS run SET held = run.held + %(amount)s FROM fence
  WHERE run.id = fence.run_id
    AND run.cost + run.unaccounted + run.held + %(amount)s <= run.ceiling
  RETURNING fence.id
), noted AS (
  UPDATE evaluations_shard SET held = evaluations_shard.held + %(amount)s
  FROM leased WHERE evaluations_shard.id = leased.id RETURNING 1
)
SELECT (SELECT count(*) FROM fence), (SELECT count(*) FROM noted)
"""


class Fenced(Exception):
    """Another worker has claimed the shard: what we know of it is void."""


@dataclass(frozen=True, slots=True)
class Written:
    """The run as it stands after a write."""

    state: str
    done: int
    failed: int


def write(claim: Claim, rows: Sequence[dict[str, Any]], *, held: Decimal | None = None) -> Written:
    """Store `rows` (see `rows.py`); with none it is a heartbeat. From now on the shard holds `held` USD
    (None: as before).

    Sent again after a lost connection it changes nothing more. A row that the database refuses is stored as a
    failed case instead, and stops no other.
    """
    try:
        return _write(claim, rows, held)
    except DataError:
        for row in rows:
            _write_single(claim, row)
        return _write(claim, [], held)


def _write_single(claim: Claim, row: dict[str, Any]) -> None:
    try:
        _write(claim, [row], None)
    except DataError as error:
        tokens = {name: 0 for name in row if name.endswith("_tokens")}
        refused = {
            **row,
            **tokens,
            "cost": 0,
            "judge_cost": 0,
            "output": "",
            "explanation": "",
            "reused_from": None,
            "messages": [],
            "scores": [],
            "finish_reason": "",
        }
        refused |= {"error_kind": "not_storable", "error": str(error).splitlines()[0]}
        _write(claim, [refused], None)


def _write(claim: Claim, rows: Sequence[dict[str, Any]], held: Decimal | None) -> Written:
    values: dict[str, str | int | Decimal | None] = {
        "shard": claim.shard.id,
        "token": claim.token,
        "rows": _as_json(rows),
        "held": held,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        row = cursor.fetchone()
        if row is None:
            raise Fenced(f"shard {claim.shard.id} has been claimed by another worker")
        *standing, fresh = row
        if fresh:
            inserted = {tuple(key) for key in fresh}
            spent.note_results(
                claim.run, [one for one in rows if (one["case_id"], one["repeat"]) in inserted]
            )
    return Written(*standing)


def _as_json(rows: Sequence[dict[str, Any]]) -> str:
    stored = [{name: value for name, value in row.items() if name not in spent.KEPT_HERE} for row in rows]
    return json.dumps(stored, ensure_ascii=False, default=str)


def lease(claim: Claim, amount: Decimal) -> bool:
    """Hold `amount` USD of the run's ceiling for this shard; False where it does not fit."""
    values: dict[str, int | Decimal] = {"shard": claim.shard.id, "token": claim.token, "amount": amount}
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, values)
        ours, leased = cursor.fetchone()
    if not ours:
        raise Fenced(f"shard {claim.shard.id} has been claimed by another worker")
    return bool(leased)
