"""What a gateway says of itself: that it lives, and which revision it has. By the database's clock."""

from dataclasses import dataclass

from django.db import connection, transaction

_SEEN = """
INSERT INTO flags_gatewayprocess AS kept
    (instance, host, pid, port, version, started_at, seen_at, revision, acknowledged_at, spool_records,
    local_limits)
VALUES (%(instance)s, %(host)s, %(pid)s, %(port)s, %(version)s,
    clock_timestamp(), clock_timestamp(), %(revision)s, clock_timestamp(), %(spool)s, %(local)s)
ON CONFLICT (instance) DO UPDATE SET
    host = EXCLUDED.host, pid = EXCLUDED.pid, port = EXCLUDED.port, version = EXCLUDED.version,
    seen_at = EXCLUDED.seen_at, revision = EXCLUDED.revision, spool_records = EXCLUDED.spool_records,
    local_limits = EXCLUDED.local_limits,
    started_at = CASE WHEN %(first)s THEN EXCLUDED.started_at ELSE kept.started_at END,
    acknowledged_at = CASE WHEN kept.revision = EXCLUDED.revision AND NOT %(first)s
        THEN kept.acknowledged_at ELSE EXCLUDED.acknowledged_at END
RETURNING id
"""
_KNOWS = """
INSERT INTO flags_acknowledgement (process_id, revision, at) VALUES (%s, %s, clock_timestamp())
ON CONFLICT DO NOTHING
"""
_SHARING = """
SELECT count(*) FROM flags_gatewayprocess
WHERE port > 0 AND seen_at > clock_timestamp() - interval '10 seconds'
"""
_SWEEP = """
DELETE FROM flags_acknowledgement USING flags_gatewayprocess p
    WHERE process_id = p.id AND (p.seen_at < clock_timestamp() - interval '1 day'
        OR at < clock_timestamp() - interval '1 day');
DELETE FROM flags_gatewayprocess WHERE seen_at < clock_timestamp() - interval '1 day';
"""
_WORKERS = """
DELETE FROM flags_acknowledgement USING flags_gatewayprocess p
    WHERE process_id = p.id AND p.port = 0 AND p.seen_at < clock_timestamp() - interval '10 seconds';
DELETE FROM flags_gatewayprocess WHERE port = 0 AND seen_at < clock_timestamp() - interval '10 seconds'
"""
_LEAVE = """
DELETE FROM flags_acknowledgement USING flags_gatewayprocess p
    WHERE process_id = p.id AND p.instance = %(it)s;
DELETE FROM flags_gatewayprocess WHERE instance = %(it)s;
"""


@dataclass(frozen=True, slots=True)
class Process:
    """One gateway process; `instance` is its name, which no other process has at the same time."""

    instance: str
    host: str
    pid: int
    port: int = 0
    version: str = ""


@transaction.atomic
def say(
    process: Process,
    revision: int,
    *,
    spool_records: int = 0,
    local_limits: bool = False,
    first: bool = False,
) -> int:
    """The process lives, and `revision` is in force there. `first`: it has just begun.

    How many gateways live: those that listen on a port, seen in the last ten seconds.
    """
    with connection.cursor() as cursor:
        facts: dict[str, str | int | bool] = {
            "instance": process.instance,
            "host": process.host,
            "pid": process.pid,
            "port": process.port,
            "version": process.version,
            "revision": revision,
            "spool": spool_records,
            "local": local_limits,
            "first": first,
        }
        cursor.execute(_SEEN, facts)
        cursor.execute(_KNOWS, [cursor.fetchone()[0], revision])
        cursor.execute(_SHARING)
        return int(cursor.fetchone()[0])


@transaction.atomic
def sweep() -> None:
    """Forget acknowledgements of yesterday, and processes that nobody has seen for a day."""
    with connection.cursor() as cursor:
        for statement in _SWEEP.split(";\n"):
            cursor.execute(statement)


@transaction.atomic
def forget_workers() -> None:
    """What workers that were killed left behind: others say every two seconds that they live."""
    with connection.cursor() as cursor:
        for statement in _WORKERS.split(";\n"):
            cursor.execute(statement)


@transaction.atomic
def leave(process: Process) -> None:
    """The process ends: nobody waits for it."""
    with connection.cursor() as cursor:
        for statement in _LEAVE.strip().split(";\n"):
            cursor.execute(statement, {"it": process.instance})
