"""One look at a feature's window: every signal against its reference, and the level of alarm."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from statistics import fmean

from django.db import transaction

from aiops.monitoring.drift import collecting, deciding, judged, movers, paging, reference
from aiops.monitoring.drift.comparing import JUDGE, Against, Read, Reader, comparisons
from aiops.monitoring.drift.measuring import Measured, Sizes
from aiops.monitoring.drift.reference import Kept
from aiops.monitoring.models import DriftCheck, DriftPolicy, DriftReading, DriftWindow

Pace = DriftCheck.Pace
SPANS = {Pace.HOUR: timedelta(hours=1), Pace.DAY: timedelta(days=1)}


def policy_of(feature: str) -> DriftPolicy:
    """The feature's own, or the one that features have that set none."""
    return DriftPolicy.objects.filter(feature__slug=feature).first() or DriftPolicy()


def check(feature: str, pace: str, start: datetime) -> DriftCheck | None:
    """Look at the window that begins at `start`; None where it has no calls, or was looked at before."""
    until = start + SPANS[Pace(pace)]
    known = _kept(feature, start - reference.LONGEST, until)
    current = [one for one in known if one.hour >= start]
    if not current or DriftCheck.objects.filter(feature=feature, pace=pace, start=start).exists():
        return None
    policy = policy_of(feature)
    reader = Reader(
        f"{feature} {pace} {start:%Y-%m-%dT%H}",
        pace == Pace.HOUR,
        judged.counts(feature, start - reference.LONGEST, until),
        Sizes(policy.rate_points, policy.mean_sd),
    )
    found = [reader.read(one) for one in comparisons(known, start, until)]
    _look_at_judged(feature, start, until, found)
    looked = DriftCheck(
        feature=feature,
        pace=pace,
        start=start,
        until=until,
        calls=sum(one.calls for one in current),
        serving=reference.main(current, candidate=False),
        false_pages=policy.false_pages,
    )
    return _written(looked, found, policy)


def _kept(feature: str, since: datetime, until: datetime) -> list[Kept]:
    rows = DriftWindow.objects.filter(feature=feature, hour__gte=since, hour__lt=until).order_by("hour")
    return [
        Kept(*row) for row in rows.values_list("pk", "hour", "serving", "is_candidate", "calls", "sampled")
    ]


def _look_at_judged(feature: str, start: datetime, until: datetime, found: Iterable[Read]) -> None:
    """The judge's fails stand in its own table, not in the windows."""
    for read in found:
        if JUDGE in read.movers:
            read.movers[JUDGE] = judged.failed(feature, start, until, read.of.serving, movers.SHOWN)


def bets(found: Sequence[Read]) -> dict[str, float | None]:
    """The evidence of this window by signal: the mean of what speaks, for a mean of fair bets is a fair one.

    The own past speaks always. What served before, and a candidate against what serves, speak only where
    things got worse: a deploy is meant to change outputs, and nobody is to be woken by a shorter answer.
    """
    said: dict[str, list[float]] = {}
    for read in found:
        for one in read.readings:
            here = said.setdefault(one.signal.name, [])
            if one.p is not None and (read.of.against == Against.OWN or one.is_worse):
                here.append(deciding.evidence(one.p))
    return {name: fmean(values) if values else None for name, values in said.items()}


@transaction.atomic
def _written(looked: DriftCheck, found: Sequence[Read], policy: DriftPolicy) -> DriftCheck | None:
    levels = deciding.next_levels(_levels_before(looked), bets(found))
    paces = 2 if policy.hourly else 1
    looked.levels, looked.level = levels, deciding.alarm_level(levels)
    looked.limit = deciding.threshold(float(policy.false_pages), looked.pace, paces)
    looked.paged = policy.on and looked.level >= looked.limit
    DriftCheck.objects.bulk_create([looked], ignore_conflicts=True)
    row = DriftCheck.objects.select_for_update().get(
        feature=looked.feature, pace=looked.pace, start=looked.start
    )
    if row.readings.exists():
        return None  # somebody else was faster
    DriftReading.objects.bulk_create(_rows(row, found))
    if row.paged:
        row.alert = paging.page(row).pk
        row.save(update_fields=["alert"])
    return row


def _levels_before(looked: DriftCheck) -> Mapping[str, float]:
    """M of each signal as the window before left it: nothing after a page."""
    earlier = DriftCheck.objects.filter(
        feature=looked.feature, pace=looked.pace, start__lt=looked.start
    ).first()
    if earlier is None:
        return {}
    return dict.fromkeys(earlier.levels, 0.0) if earlier.paged else earlier.levels


def _rows(row: DriftCheck, found: Iterable[Read]) -> list[DriftReading]:
    return [_reading(row, read, one) for read in found for one in read.readings]


def _reading(row: DriftCheck, read: Read, one: Measured) -> DriftReading:
    return DriftReading(
        check_of=row,
        signal=one.signal.name,
        against=read.of.against,
        serving=read.of.serving,
        versus=read.of.versus,
        state=one.state.value,
        n=one.n,
        needed=one.needed,
        why=one.why,
        n_reference=one.n_reference,
        value=one.value,
        before=one.before,
        p=one.p,
        p_adjusted=one.p_adjusted,
        is_practical=one.practical,
        facts={**one.facts, "same": read.chosen.same, "days": read.chosen.days},
        parts=[asdict(part) for part in one.parts],
        movers=read.movers.get(one.signal.name, []),
    )


def is_ripe(hour: datetime, now: datetime) -> bool:
    """Whether an hour's records have arrived: they come in batches, within seconds, if nothing is wrong."""
    return hour + collecting.HOUR + timedelta(minutes=10) <= now
