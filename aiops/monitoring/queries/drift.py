"""Named questions about drift. Nothing here writes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from aiops.features.models import Feature
from aiops.gateway.models import Call
from aiops.gateway.queries import HEAVY
from aiops.monitoring.models import DriftCheck, DriftPolicy, DriftProgress, DriftReading

SHOWN = {DriftCheck.Pace.DAY: 28, DriftCheck.Pace.HOUR: 48}  # windows of a small multiple
State = DriftReading.State


def features(slug: str = "") -> QuerySet[Feature]:
    rows = Feature.objects.order_by("slug")
    return rows.filter(slug=slug) if slug else rows


def newest(slugs: Iterable[str], pace: str) -> dict[str, DriftCheck]:
    """The last look at each feature."""
    rows = DriftCheck.objects.filter(feature__in=list(slugs), pace=pace)
    return {one.feature: one for one in rows.order_by("feature", "-start").distinct("feature")}


def states(checks: Iterable[DriftCheck]) -> dict[int, dict[str, int]]:
    """How many readings of each state a check has, by its id."""
    rows = DriftReading.objects.filter(check_of__in=[one.pk for one in checks]).order_by()
    found: dict[int, dict[str, int]] = {}
    for pk, state, count in rows.values_list("check_of", "state").annotate(Count("pk")):
        found.setdefault(pk, {})[state] = count
    return found


def drifting(checks: Iterable[DriftCheck]) -> dict[int, list[DriftReading]]:
    """Readings that say drift, by the id of their check."""
    rows = DriftReading.objects.filter(check_of__in=[one.pk for one in checks], state=State.DRIFT)
    found: dict[int, list[DriftReading]] = {}
    for one in rows.order_by("p", "id"):
        found.setdefault(one.check_of_id, []).append(one)
    return found


def checks(feature: str, pace: DriftCheck.Pace, until: datetime | None = None) -> list[DriftCheck]:
    """The last windows of the feature that were looked at, the newest first; or those up to `until`."""
    rows = DriftCheck.objects.filter(feature=feature, pace=pace)
    if until is not None:
        rows = rows.filter(start__lte=until)
    return list(rows.order_by("-start")[: SHOWN[pace]])


def values(found: Sequence[DriftCheck]) -> dict[tuple[str, str], dict[datetime, DriftReading]]:
    """What each signal said in these windows: by (signal, against), then by the window's beginning."""
    rows = DriftReading.objects.filter(check_of__in=[one.pk for one in found]).defer("movers", "parts")
    starts = {one.pk: one.start for one in found}
    series: dict[tuple[str, str], dict[datetime, DriftReading]] = {}
    for one in rows:
        series.setdefault((one.signal, one.against), {})[starts[one.check_of_id]] = one
    return series


def last_page(feature: str) -> DriftCheck | None:
    return DriftCheck.objects.filter(feature=feature, paged=True).order_by("-start").first()


def progress(feature: str) -> DriftProgress | None:
    return DriftProgress.objects.filter(pk=feature).first()


def policy(feature: Feature) -> DriftPolicy:
    """The feature's policy; the usual one, unsaved, where it has none."""
    return DriftPolicy.objects.filter(feature=feature).first() or DriftPolicy(feature=feature)


def moved(reading: DriftReading) -> list[Call]:
    """The calls that moved the reading most, in that order, as far as they are still there."""
    looked = reading.check_of
    margin = timedelta(seconds=1)  # a call's time is that in its id, to the millisecond
    rows = Call.objects.filter(
        at__gte=looked.start - margin, at__lt=looked.until + margin, id__in=reading.movers
    )
    known: Mapping[str, Call] = {call.id: call for call in rows.defer(*HEAVY)}
    return [known[name] for name in reading.movers if name in known]
