"""Reads an hour of a feature's calls and keeps a window of it: light columns of all, texts of the sample."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection

from aiops.gateway.models import INTERNAL_ARM
from aiops.gateway.queries import SERVED
from aiops.monitoring.drift import windows
from aiops.monitoring.drift.facts import Light, Texts
from aiops.monitoring.drift.signals import FORMATS
from aiops.monitoring.models import DriftWindow

HOUR = timedelta(hours=1)
KEPT = timedelta(weeks=26)
THICK = timedelta(days=8)  # in which a window's calls are still named
_NAMED = " || ".join(f'@.name == "{name}"' for name in FORMATS)
_LIGHT = f"""
SELECT id, tenant, "user", locale, category, approach_name, arm = 'candidate', outcome = 'answered',
  CASE WHEN checks @? '$[*] ? (({_NAMED}) && @.passed == false)' THEN true
       WHEN checks @? '$[*] ? ({_NAMED})' THEN false END,
  cost::float8, latency_ms
FROM gateway_call
WHERE feature = %s AND at >= %s AND at < %s AND outcome = ANY(%s) AND arm <> '{INTERNAL_ARM}'
"""  # noqa: S608 - our own names
_TEXTS = """
SELECT id, inputs::text, output, (SELECT max((p->>'score')::float8) FROM jsonb_array_elements(
  CASE jsonb_typeof(passages) WHEN 'array' THEN passages ELSE '[]' END) p)
FROM gateway_call WHERE feature = %s AND at >= %s AND at < %s AND id = ANY(%s)
"""
_FIRST = "SELECT min(at) FROM gateway_call WHERE feature = %s AND at >= %s"


def first_hour(feature: str, since: datetime) -> datetime | None:
    """The hour of the feature's first call from `since` on."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, [feature, since])
        (at,) = cursor.fetchone()
    return floor(at) if at else None


def floor(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def collect(feature: str, hour: datetime) -> int:
    """Keep the windows of the hour, one for each approach that served in it; how many calls they hold."""
    parted: dict[tuple[str, bool], list[Light]] = {}
    for call in _calls(feature, hour):
        parted.setdefault((call.serving, call.candidate), []).append(call)
    made = {key: windows.made(calls, _texts(feature, hour, calls)) for key, calls in parted.items()}
    keep(feature, hour, made)
    return sum(map(len, parted.values()))


def keep(feature: str, hour: datetime, made: Mapping[tuple[str, bool], windows.Window]) -> None:
    """Write what was made of an hour, in the place of what is there."""
    rows = [
        DriftWindow(
            feature=feature,
            hour=hour,
            serving=serving,
            is_candidate=candidate,
            calls=one.calls,
            answers=one.answers,
            rates=one.rates,
            mixes=one.mixes,
            sampled=len(one.sample),
            sample=windows.packed(one.sample),
        )
        for (serving, candidate), one in made.items()
    ]
    DriftWindow.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["feature", "hour", "serving", "is_candidate"],
        update_fields=["calls", "answers", "rates", "mixes", "sampled", "sample", "is_thin"],
    )


def thin(before: datetime) -> int:
    """Windows of before then keep what a reference needs, and old ones go; how many were thinned."""
    DriftWindow.objects.filter(hour__lt=before - KEPT).delete()
    rows = DriftWindow.objects.filter(hour__lt=before, is_thin=False).order_by("hour")
    count = 0
    for row in rows.only("pk", "sample", "is_thin")[:2000]:
        row.sample = windows.packed(windows.thinned(windows.unpacked(bytes(row.sample))))
        row.is_thin = True
        row.save(update_fields=["sample", "is_thin"])
        count += 1
    return count


def _calls(feature: str, hour: datetime) -> Iterator[Light]:
    with connection.cursor() as cursor:
        cursor.execute(_LIGHT, [feature, hour, hour + HOUR, list(SERVED)])
        while rows := cursor.fetchmany(5000):
            for row in rows:
                yield _light(*row)


def _light(*row: Any) -> Light:
    call_id, tenant, user, locale, category, serving, candidate, answered, failed, cost, took = row
    return Light(
        id=call_id, tenant=tenant, user=user, locale=locale, category=category, serving=serving,
        candidate=candidate, answered=answered, failed=failed, cost=cost, latency_ms=took,
    )  # fmt: skip  # pairs, read as a table


def _texts(feature: str, hour: datetime, calls: Sequence[Light]) -> dict[str, Texts]:
    wanted = [call.id for call in windows.drawn(calls)]
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS, [feature, hour, hour + HOUR, wanted])
        return {
            call_id: Texts(orjson.loads(inputs) if inputs else None, output, score)
            for call_id, inputs, output, score in cursor.fetchall()
        }
