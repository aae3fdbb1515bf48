"""Writes the demo's past into the gateway's tables by the gateway's own path, once."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.db import connection

from aiops.demo import deciding, keys, records, served
from aiops.gateway import listening, storing
from aiops.gateway.models import INTERNAL_ARM, Call, Rollup
from aiops.tenants.tokens import read_token


def remember(now: datetime) -> int:
    """Store what is not there yet; return how many calls and sums. Nothing is charged: budgets come later."""
    wanted = deciding.wanted()
    tried = served.tried(wanted.trial, now)
    past = records.Past(now, served.serving(), wanted.stop, _public_ids(), tried, served.outputs())
    known = Rollup.objects.exclude(arm=INTERNAL_ARM).exists()  # of calls: evaluations have theirs
    sums = [] if known else list(records.sums(past))
    calls = [] if Call.objects.exists() else list(records.calls(past))
    with connection.cursor() as cursor:
        begins = now - timedelta(days=records.DAYS + 1)
        cursor.execute("SELECT gateway_make_partitions(%s::date, 6)", [begins])
    asyncio.run(_store(sums, calls))
    return len(sums) + len(calls)


def _public_ids() -> dict[str, str]:
    found = ((name, read_token(token)) for name, token in keys.tokens().items())
    return {name: parts.public_id for name, parts in found if parts}


async def _store(sums: Sequence[dict[str, Any]], calls: Sequence[dict[str, Any]]) -> None:
    async with await psycopg.AsyncConnection.connect(**listening.address(), autocommit=True) as line:
        if sums:
            async with line.transaction(), line.cursor() as cursor:
                await storing.add_sums(cursor, sums)
        await storing.store(line, calls, _charge_nobody)


async def _charge_nobody(_cursor: object, _amounts: object) -> None:
    """Records of the past name no lease."""
