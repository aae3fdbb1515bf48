"""Writes the demo's past into the gateway's tables by the gateway's own path, once."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.db import connection

from aiops.demo import agreeing, caching, deciding, guarded, hourly, judging, keys, records, routing, served
from aiops.gateway import listening, storing
from aiops.gateway.models import INTERNAL_ARM, Call, Rollup
from aiops.gateway.painting import paint
from aiops.gateway.picture import Picture
from aiops.tenants.tokens import read_token


def remember(now: datetime) -> int:
    """Store what is not there yet; return how many calls and sums. Nothing is charged: budgets come later."""
    picture = paint().picture
    past = past_of(now, picture)
    known = Rollup.objects.exclude(arm=INTERNAL_ARM).exists()  # of calls: evaluations have theirs
    sums = [] if known else list(hourly.sums(past))
    calls = (
        []
        if Call.objects.exists()
        else guarded.examine(picture, [*caching.wrong_calls(past), *records.calls(past)])
    )
    with connection.cursor() as cursor:
        begins = now - timedelta(days=records.DAYS + 1)
        cursor.execute("SELECT gateway_make_partitions(%s::date, 6)", [begins])
    asyncio.run(_store(sums, calls))
    caching.checks(now)
    caching.entries(picture)
    judging.remember(past)
    agreeing.agree(now)
    return len(sums) + len(calls)


def past_of(now: datetime, picture: Picture) -> records.Past:
    wanted, router = deciding.wanted(), routing.decided(picture, now)
    tried, serving = served.tried(wanted.trial, now), served.serving()
    if router and router.feature in serving:
        serving[router.feature] = served.on_another(serving[router.feature], router.before, router.since)
    return records.Past(now, serving, wanted.stop, _public_ids(), tried, served.outputs(), router)


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
