"""What `doctor` looks at. Each check says that something is well, or what to do.

A check yields findings and never raises: where the thing it looks at is not there, that is a finding.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import redis
from celery import current_app
from django.conf import settings
from django.core.checks import run_checks
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError

from aiops import env
from aiops.catalog.models import Provider
from aiops.core import clock
from aiops.operations.instance import missing_migrations

ROOM = 2 * 1024**3  # bytes
SKEW = 2.0  # seconds
START = "start it with make run"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `advice` is empty where all is well."""

    subject: str
    found: str
    advice: str = ""


Check = Callable[[], Iterator[Finding]]


def variables() -> Iterator[Finding]:
    """Every variable of the environment that aiops reads; secrets only as set or not."""
    for variable in env.VARIABLES:
        value = env.text(variable.name)
        hidden = variable.secret and value != variable.default
        shown = "set, not shown" if hidden else value or "not set"
        yield Finding(variable.name, f"{shown} ({variable.purpose})")


def configuration() -> Iterator[Finding]:
    """Django's own checks and ours."""
    problems = [problem for problem in run_checks() if not problem.is_silenced()]
    for problem in problems:
        yield Finding("settings", problem.msg, problem.hint or f"see {problem.id}")
    if not problems:
        yield Finding("settings", "consistent")


def database() -> Iterator[Finding]:
    """Whether it answers, is new enough, has pgvector and all tables, and agrees with us on the time."""
    try:
        with connection.cursor() as cursor:
            before = clock.now()
            cursor.execute("SELECT clock_timestamp(), current_setting('server_version_num')::int")
            there, version = cursor.fetchone()
            cursor.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'")
            vector = bool(cursor.fetchone()[0])
        missing = missing_migrations()
    except DatabaseError as error:
        yield Finding(
            "database", "does not answer", _what_to_do(error, embedded=env.uses_embedded_postgres())
        )
        return
    skew = abs((there - before).total_seconds())
    old = "" if version >= 150000 else "PostgreSQL 15 or newer is needed"
    yield Finding("database", f"PostgreSQL {version // 10000} answers", old)
    yield Finding("pgvector", *(("available",) if vector else ("missing", "install pgvector on the server")))
    yield Finding(
        "migrations", f"{missing} missing" if missing else "applied", "run manage.py migrate" * bool(missing)
    )
    late = "set this machine's clock, and the database's, by NTP" if skew > SKEW else ""
    yield Finding("clock", f"{skew:.1f} s from the database's", late)


def providers() -> Iterator[Finding]:
    """Which vendors are configured; none is called."""
    try:
        names = list(Provider.objects.order_by("name").values_list("name", flat=True))
    except DatabaseError:
        return  # said above
    yield Finding("providers", ", ".join(names) or "none", "" if names else "add one under Admin, Providers")


def broker() -> Iterator[Finding]:
    """Whether Redis and the broker answer, and a worker listens there."""
    try:
        with redis.Redis.from_url(env.redis_url(), socket_timeout=3) as client:
            client.ping()
        yield Finding("redis", "answers")
    except (redis.RedisError, OSError) as error:
        yield Finding("redis", "does not answer", _what_to_do(error, embedded=env.uses_embedded_redis()))
        return
    try:
        workers = current_app.control.ping(timeout=1) or []
    except (OperationalError, OSError) as error:
        yield Finding("broker", "does not answer", _what_to_do(error, embedded=False))
        return
    names = ", ".join(sorted(name for answer in workers for name in answer))
    yield Finding("worker", names or "none answers", "" if names else START)


def disk() -> Iterator[Finding]:
    """Room where the embedded servers and the spools write."""
    free = shutil.disk_usage(settings.AIOPS_HOME).free
    advice = "make room: PostgreSQL stops when a disk is full" if free < ROOM else ""
    yield Finding("disk", f"{free / 1024**3:.1f} GB free under {settings.AIOPS_HOME}", advice)


CHECKS: tuple[Check, ...] = (variables, configuration, database, broker, providers, disk)


def _what_to_do(error: Exception, *, embedded: bool) -> str:
    return (
        START if embedded else f"check the address and the server: {str(error).strip().partition(chr(10))[0]}"
    )
