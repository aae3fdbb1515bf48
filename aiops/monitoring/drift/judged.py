"""What the live judge said of an hour's calls, counted late: verdicts come after the calls."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q
from django.db.models.functions import TruncHour

from aiops.monitoring.drift.reference import Kept
from aiops.reviews.models import JudgedCall

Key = tuple[datetime, str, bool]
Counts = dict[Key, dict[str, list[int]]]  # by hour, approach and arm: {"ja": [passed, n]}
CANDIDATE = "candidate"


def counts(feature: str, since: datetime, until: datetime) -> Counts:
    """Verdicts on calls drawn at random, of the judge that spoke last: another judge is no change."""
    rows = JudgedCall.objects.filter(
        feature__slug=feature, at__gte=since, at__lt=until, state=JudgedCall.State.JUDGED, is_random=True
    ).order_by()
    last = rows.order_by("-at").values_list("digest", flat=True).first()
    if last is None:
        return {}
    grouped = (
        rows.filter(digest=last)
        .annotate(hour=TruncHour("at"))
        .values_list("hour", "approach_name", "arm", "locale")
        .annotate(passed=Count("pk", filter=Q(passed=True)), n=Count("pk"))
    )
    found: Counts = {}
    for hour, serving, arm, locale, passed, n in grouped:
        found.setdefault((hour, serving, arm == CANDIDATE), {})[locale] = [passed, n]
    return found


def rates(judged: Counts, windows: Iterable[Kept]) -> dict[str, list[int]]:
    """Their sum over `windows`, by locale."""
    total: dict[str, list[int]] = {}
    for one in windows:
        for locale, (passed, n) in judged.get((one.hour, one.serving, one.is_candidate), {}).items():
            pair = total.setdefault(locale, [0, 0])
            total[locale] = [pair[0] + passed, pair[1] + n]
    return total


def failed(feature: str, since: datetime, until: datetime, serving: str, most: int) -> list[str]:
    """Ids of calls of the window that the judge did not pass, the newest first."""
    rows = JudgedCall.objects.filter(
        feature__slug=feature, at__gte=since, at__lt=until, approach_name=serving, passed=False
    )
    return list(rows.order_by("-at").values_list("call_id", flat=True)[:most])
