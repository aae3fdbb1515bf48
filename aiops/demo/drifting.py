"""The weeks before the stored calls as drift keeps them, and its looks at the last days.

Windows hold numbers alone, so five weeks of them are there without their calls. What a version answers in
them is what it answered in the demo's runs.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aiops.demo import records, remembering
from aiops.gateway.painting import paint
from aiops.monitoring.drift import checking, collecting, watching, windows
from aiops.monitoring.drift.facts import Light, Texts
from aiops.monitoring.models import DriftProgress, DriftWindow

DAYS = 33
LOOKED = 9  # days whose values stand on the page
HOURS = 6  # so many of the last ones are looked at by themselves: a first start is waited for
FEATURES = ("support-summary", "policy-answers", "draft-reply")
_DAY = timedelta(days=1)


def watch(now: datetime) -> None:
    """Keep the windows of the past and look at the last days, each only where it is missing."""
    past = remembering.past_of(now, paint().picture)
    watched = [slug for slug in FEATURES if slug in past.serving]
    if not DriftWindow.objects.exists():
        _keep(past, now, watched)
    for feature in watched:
        first = (now - LOOKED * _DAY).replace(hour=0, minute=0, second=0, microsecond=0)
        whole = past.whole_since.replace(hour=0)
        for day in range((whole - first).days):
            checking.check(feature, "day", first + day * _DAY)
        known = {
            "collected_until": past.whole_since,
            "looked_until_day": whole,
            "looked_until_hour": collecting.floor(now) - timedelta(hours=HOURS),
        }
        DriftProgress.objects.get_or_create(pk=feature, defaults=known)
        watching.watch(feature)


def _keep(past: records.Past, now: datetime, watched: list[str]) -> None:
    hours: dict[tuple[str, datetime], dict[tuple[str, bool], list[dict[str, Any]]]] = {}
    for one in records.earlier(past, now - DAYS * _DAY, watched):
        if one["outcome"] == "refused":
            continue
        at = datetime.fromtimestamp(math.floor(one["at"] / 3600) * 3600, UTC)
        hour = hours.setdefault((one["feature"], at), {})
        hour.setdefault((one["approach_name"], one["arm"] == "candidate"), []).append(one)
    for (feature, at), parted in hours.items():
        made = {
            key: windows.made([_light(one) for one in rows], _texts(rows)) for key, rows in parted.items()
        }
        collecting.keep(feature, at, made)


def _light(one: Mapping[str, Any]) -> Light:
    return Light(
        id=one["id"], tenant=one["tenant"], user=one["user"], locale=one["locale"], category=one["category"],
        serving=one["approach_name"], candidate=one["arm"] == "candidate",
        answered=one["outcome"] == "answered", failed=None, cost=float(one["cost"]),
        latency_ms=one["latency_ms"],
    )  # fmt: skip  # pairs, read as a table


def _texts(rows: list[dict[str, Any]]) -> dict[str, Texts]:
    return {one["id"]: Texts(one["inputs"], one["output"], None) for one in rows}
