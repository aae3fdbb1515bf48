"""Keeps a feature's drift up to date: hours are collected, then looked at, then days; each once, in order."""

from datetime import datetime, timedelta

from django.db.models import Q

from aiops.core import clock
from aiops.monitoring.drift import checking, collecting, reference
from aiops.monitoring.drift.collecting import HOUR
from aiops.monitoring.models import DriftCheck, DriftProgress

SILENT = timedelta(minutes=10)  # without a heartbeat: whoever had it is gone
DAY = timedelta(days=1)
LOOK_BACK = timedelta(days=3)  # windows that a feature's first looks begin with
SETTLED = timedelta(hours=1)  # after midnight: late records, the judge's verdicts


def watch(feature: str) -> DriftProgress | None:
    """Do what is due for `feature`; None where another worker is at it."""
    now = clock.now()
    progress, _ = DriftProgress.objects.get_or_create(pk=feature)
    if not _taken(progress, now):
        return None
    try:
        _collect(progress, now)
        _look(progress, now)
        collecting.thin(now - collecting.THICK)
        progress.error = ""
    except Exception as error:
        progress.error = f"{type(error).__name__}: {error}"[:1000]
        raise
    finally:
        progress.begun_at = progress.heartbeat_at = None
        progress.save()
    return progress


def _taken(progress: DriftProgress, now: datetime) -> bool:
    free = Q(begun_at=None) | Q(heartbeat_at__lt=now - SILENT)
    taken = DriftProgress.objects.filter(free, pk=progress.pk).update(begun_at=now, heartbeat_at=now)
    progress.begun_at = progress.heartbeat_at = now
    return bool(taken)


def _collect(progress: DriftProgress, now: datetime) -> None:
    hour = progress.collected_until or collecting.first_hour(progress.pk, now - reference.LONGEST)
    while hour is not None and checking.is_ripe(hour, now):
        collecting.collect(progress.pk, hour)
        hour += HOUR
        progress.collected_until = hour
        _alive(progress)


def _look(progress: DriftProgress, now: datetime) -> None:
    until = progress.collected_until
    if until is None:
        return
    first = collecting.floor(now) - LOOK_BACK
    if checking.policy_of(progress.pk).hourly:
        hour = progress.looked_until_hour or first
        progress.looked_until_hour = _each(progress, DriftCheck.Pace.HOUR, hour, until)
    else:
        progress.looked_until_hour = until
    day = progress.looked_until_day or first.replace(hour=0)
    settled = min(until, now - SETTLED)
    progress.looked_until_day = _each(progress, DriftCheck.Pace.DAY, day, settled)


def _each(progress: DriftProgress, pace: DriftCheck.Pace, start: datetime, until: datetime) -> datetime:
    """Look at the windows from `start` on that end by `until`; where to go on from."""
    span = checking.SPANS[pace]
    while start + span <= until:
        checking.check(progress.pk, pace, start)
        start += span
        _alive(progress)
    return start


def _alive(progress: DriftProgress) -> None:
    progress.heartbeat_at = clock.now()
    progress.save(update_fields=["collected_until", "heartbeat_at"])
