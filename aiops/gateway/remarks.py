"""Feedback's way from the spool into Postgres: each remark once, and none on another tenant's call."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
from psycopg import AsyncConnection

from aiops.gateway.call_ids import time_of
from aiops.gateway.storing import quarantine

Remark = Mapping[str, Any]

_INSERT = """
INSERT INTO gateway_feedback
  (number, at, tenant, call_id, score, outcome, edited_output, complaint, comment)
SELECT %(number)s, to_timestamp(%(at)s), %(tenant)s::text, %(call_id)s::text, %(score)s::smallint,
  %(outcome)s, %(edited_output)s, %(complaint)s, %(comment)s
WHERE NOT EXISTS (
  SELECT FROM gateway_call
  WHERE at = %(call_at)s AND id = %(call_id)s::text AND tenant <> %(tenant)s::text)
ON CONFLICT (number) DO NOTHING
"""


async def store(connection: AsyncConnection[Any], remarks: Sequence[Remark]) -> None:
    """What Postgres refuses is put aside, and stops no other."""
    for remark in remarks:
        try:
            await connection.execute(_INSERT, _row(remark))
        except (psycopg.DataError, psycopg.IntegrityError, KeyError, ValueError) as error:
            await quarantine(connection, orjson.dumps(remark), f"no feedback: {error}")


def _row(remark: Remark) -> dict[str, Any]:
    texts = {name: remark[name] or "" for name in ("outcome", "edited_output", "comment")}
    return {**remark, **texts, "call_at": datetime.fromtimestamp(time_of(remark["call_id"]), UTC)}
