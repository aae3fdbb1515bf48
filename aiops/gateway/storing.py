"""A batch of spooled lines into Postgres: each call once, its sums and its money in the same transaction.

From the rows that this transaction inserted, and from no others, come the hourly sums and what budgets are
charged with. So a batch that is sent again after a lost connection changes nothing.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson
import psycopg
from psycopg import AsyncConnection, AsyncCursor

from aiops.core.latency import bucket
from aiops.gateway.guardrail_counts import add_guardrails

Record = Mapping[str, Any]
Settle = Callable[[AsyncCursor[Any], Mapping[int, Decimal]], Awaitable[None]]

# Made once for each connection. As json, which is not parsed before it is read, all fields at once.
_STAGE = "CREATE TEMP TABLE IF NOT EXISTS incoming (line json NOT NULL) ON COMMIT DELETE ROWS"
_TEXT = (
    "id", "tenant", "feature", "key", "user", "locale", "category", "outcome", "reason", "served_by", "cache",
    "approach", "approach_name", "arm", "model", "provider", "finish_reason", "error", "ticket", "output",
    "rejected",
)  # fmt: skip  # short names, packed: they would fill the page
_TYPED = {
    "version_id": "bigint", "version_number": "int", "cost": "numeric", "unaccounted": "numeric",
    "latency_ms": "float8", "overhead_ms": "float8", "stream": "bool", "revision": "bigint",
}  # fmt: skip  # pairs, read as a table
_JSON = ("attempts", "spans", "checks", "metadata", "inputs", "messages", "passages")
_TOKENS = ("input", "cached_input", "cache_write", "output", "reasoning")
_FIELDS = {**dict.fromkeys(_TEXT, "text"), **_TYPED, **dict.fromkeys(_JSON, "jsonb")}

_COLUMNS = ", ".join(["at", *(f'"{name}"' for name in _FIELDS), *(f"{name}_tokens" for name in _TOKENS)])
_VALUES = ", ".join(
    [
        "to_timestamp(r.at)",
        *(f'r."{name}"' for name in _FIELDS),
        *(f"(r.tokens->>'{name}')::int" for name in _TOKENS),
    ]
)
_AS = ", ".join(["at float8", "tokens jsonb", *(f'"{name}" {kind}' for name, kind in _FIELDS.items())])
_INSERT = (
    f"INSERT INTO gateway_call ({_COLUMNS}) SELECT {_VALUES} "  # noqa: S608 - our own names
    f"FROM incoming, json_to_record(line) AS r({_AS}) ON CONFLICT (at, id) DO NOTHING RETURNING id"
)

_KEY = (
    "hour", "tenant", "feature", "category", "locale", "model", "approach_name", "arm", "outcome", "reason",
    "served_by", "cache",
)  # fmt: skip  # short names, packed: they would fill the page
_ALIKE = itemgetter(*_KEY[1:])
_SUMS = ("calls", *(f"{name}_tokens" for name in _TOKENS), "cost", "unaccounted", "overhead_ms")
ROLL_UP = f"""
INSERT INTO gateway_rollup AS total ({", ".join(_KEY)}, {", ".join(_SUMS)}, latency)
SELECT r.* FROM jsonb_to_recordset(%s::jsonb) AS r(
  hour timestamptz, {", ".join(f"{name} text" for name in _KEY[1:])},
  {", ".join(f"{name} {'float8' if name == 'overhead_ms' else 'numeric'}" for name in _SUMS)}, latency jsonb)
ORDER BY {", ".join(_KEY)}
ON CONFLICT ({", ".join(_KEY)}) DO UPDATE SET
  {", ".join(f"{name} = total.{name} + excluded.{name}" for name in _SUMS)},
  latency = gateway_merge(total.latency, excluded.latency)
"""  # noqa: S608 - our own names
_QUARANTINE = "INSERT INTO gateway_quarantined (at, line, error) VALUES (clock_timestamp(), %s, %s)"


async def store(connection: AsyncConnection[Any], records: Sequence[Record], settle: Settle) -> int:
    """Store what is not there yet; return how many. What Postgres refuses is put aside alone."""
    if not records:
        return 0
    try:
        return await _store(connection, records, settle)
    except (psycopg.DataError, psycopg.IntegrityError):
        return sum([await _store_alone(connection, record, settle) for record in records])


async def _store_alone(connection: AsyncConnection[Any], record: Record, settle: Settle) -> int:
    try:
        return await _store(connection, [record], settle)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        await quarantine(connection, orjson.dumps(record), str(error))
        return 0


async def quarantine(connection: AsyncConnection[Any], line: bytes, error: str) -> None:
    """Put a line aside for people to see."""
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(_QUARANTINE, (line, error.replace("\x00", "")[:2000]))


async def _store(connection: AsyncConnection[Any], records: Sequence[Record], settle: Settle) -> int:
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(_STAGE)
        async with cursor.copy("COPY incoming (line) FROM STDIN") as copy:
            for record in records:
                await copy.write_row((orjson.dumps(record).decode(),))
        await cursor.execute(_INSERT)
        inserted = {row[0] for row in await cursor.fetchall()}
        fresh = [record for record in records if record["id"] in inserted]
        if fresh:
            await add_sums(cursor, rolled_up(fresh))
            await add_guardrails(cursor, fresh)
            if charged := charges(fresh):
                await settle(cursor, charged)
    return len(inserted)


async def add_sums(cursor: AsyncCursor[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows, as `rolled_up` gives them, to the hourly sums."""
    await cursor.execute(ROLL_UP, (orjson.dumps(rows, default=str).decode(),))


def rolled_up(records: Iterable[Record]) -> list[dict[str, Any]]:
    """The records' sums by hour and by what they are alike in, as rows."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in records:
        key = (_hour(record["at"] // 3600), *_ALIKE(record))
        row = rows.get(key)
        if row is None:
            zeros: dict[str, Any] = dict.fromkeys(_SUMS, 0)
            row = rows[key] = {**dict(zip(_KEY, key, strict=True)), **zeros, "latency": {}}
            row["cost"] = row["unaccounted"] = Decimal(0)
        _add(row, record)
    return list(rows.values())


@lru_cache(maxsize=64)
def _hour(number: float) -> str:
    return datetime.fromtimestamp(number * 3600, UTC).isoformat()


def _add(row: dict[str, Any], record: Record) -> None:
    row["calls"] += 1
    for name in _TOKENS:
        row[f"{name}_tokens"] += record["tokens"][name]
    row["cost"] += Decimal(record["cost"])
    row["unaccounted"] += Decimal(record["unaccounted"])
    row["overhead_ms"] += record["overhead_ms"]
    place = str(bucket(record["latency_ms"]))
    row["latency"][place] = row["latency"].get(place, 0) + 1


def charges(records: Iterable[Record]) -> dict[int, Decimal]:
    """What each lease has to pay: an attempt's cost, or its worst case where nobody knows better."""
    found: dict[int, Decimal] = {}
    for record in records:
        for attempt in record["attempts"]:
            amount = Decimal(attempt["worst"] if attempt["cost"] is None else attempt["cost"])
            for lease in attempt["leases"]:
                found[lease] = found.get(lease, Decimal(0)) + amount
    return found
