"""What guardrails found in stored calls: their sums by the hour, and which calls to look at.

In the transaction that stores the calls, from those that it stored alone: a replay counts nothing twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from psycopg import AsyncCursor

MOST = 20  # calls to look at, of one guardrail in one batch: a feature that always fails fills no table
_KEY = ("feature", "hour", "guardrail", "enforced")
_SUMS = ("checked", "failed", "mended", "repaired")
_TYPED = ", ".join(f"{name} bigint" for name in _SUMS)
_ADDED = ", ".join(f"{name} = total.{name} + excluded.{name}" for name in _SUMS)
ADD = f"""
INSERT INTO gateway_guardrailhour AS total ({", ".join((*_KEY, *_SUMS))})
SELECT r.* FROM jsonb_to_recordset(%s::jsonb) AS r(
  feature text, hour timestamptz, guardrail text, enforced bool, {_TYPED})
ORDER BY {", ".join(_KEY)}
ON CONFLICT ({", ".join(_KEY)}) DO UPDATE SET {_ADDED}
"""  # noqa: S608 - our own names
_LOOK_AT = """
INSERT INTO gateway_guardrailfailure (call_id, at, feature, guardrail, kind)
SELECT r.* FROM jsonb_to_recordset(%s::jsonb) AS r(
  call_id text, at timestamptz, feature text, guardrail text, kind text)
"""


async def add_guardrails(cursor: AsyncCursor[Any], records: Sequence[Mapping[str, Any]]) -> None:
    """Count what these records' guardrails found, and remember those that did not pass."""
    if not any(record["checks"] for record in records):
        return
    await cursor.execute(ADD, (orjson.dumps(counted(records)).decode(),))
    if found := failures(records):
        await cursor.execute(_LOOK_AT, (orjson.dumps(found).decode(),))


def counted(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The sums by hour, feature and guardrail, as rows."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in records:
        hour = datetime.fromtimestamp(record["at"] // 3600 * 3600, UTC).isoformat()
        for check in record["checks"]:
            key = (record["feature"], hour, check["name"], check["enforced"])
            row = rows.setdefault(key, {**dict(zip(_KEY, key, strict=True)), **dict.fromkeys(_SUMS, 0)})
            row["checked"] += 1
            if what := _what(check):
                row[what] += 1
    return list(rows.values())


def failures(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The calls to look at, as rows."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for record in records:
        at = datetime.fromtimestamp(round(record["at"], 3), UTC).isoformat()
        for check in record["checks"]:
            rows = found.setdefault((record["feature"], check["name"]), [])
            if (kind := _kind(check)) and len(rows) < MOST:
                named = {"feature": record["feature"], "guardrail": check["name"], "kind": kind}
                rows.append({"call_id": record["id"], "at": at, **named})
    return [row for rows in found.values() for row in rows]


def _what(check: Mapping[str, Any]) -> str:
    """Which of the sums the check adds to beside `checked`. Records from before have fewer words."""
    if not check["passed"]:
        return "failed"
    return "mended" if check.get("mended") else "repaired" if check.get("repaired") else ""


def _kind(check: Mapping[str, Any]) -> str:
    what = _what(check)
    return ("refused" if check["enforced"] else "observed") if what == "failed" else what
