"""Named questions about what is drawn. Nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from aiops.core import clock
from aiops.features.models import Feature
from aiops.reviews.models import TAIL, ReviewItem, SamplingBatch, SamplingPolicy, Stratum
from aiops.reviews.weeks import monday

DRAWN = (Stratum.RANDOM, *TAIL)


@dataclass(frozen=True, slots=True)
class Standing:
    """A feature's sampling and its running week; `policy` None: nobody has set it."""

    feature: Feature
    policy: SamplingPolicy | None
    drawn: int = 0
    random: int = 0
    waiting: int = 0
    seen_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was done with a stratum in some days. The share is that of the calls, not of one batch."""

    stratum: Stratum
    calls: int
    drawn: int
    least: float
    most: float
    late: int


def features() -> QuerySet[Feature]:
    return Feature.objects.filter(kind=Feature.Kind.CHAT).order_by("slug")


def policy_of(feature: Feature) -> SamplingPolicy:
    """The feature's, or one as it begins, switched off and not stored."""
    related = ("feature", "judge_version__prompt", "judge_model", "judge_price", "changed_by")
    found = SamplingPolicy.objects.select_related(*related).filter(feature=feature).first()
    return found or SamplingPolicy(feature=feature, on=False)


def standings(rows: Sequence[Feature]) -> list[Standing]:
    """How the week of each of `rows` stands, in three questions."""
    policies = {one.feature_id: one for one in SamplingPolicy.objects.filter(feature__in=rows)}
    items = ReviewItem.objects.filter(feature__in=rows, round=None).order_by().values("feature")
    week = Q(week=monday(clock.now()), stratum__in=DRAWN)
    counted: dict[int, Any] = {
        row["feature"]: row
        for row in items.annotate(
            drawn=Count("pk", filter=week),
            random=Count("pk", filter=week & Q(is_random=True)),
            waiting=Count("pk", filter=Q(state__in=ReviewItem.ACTIVE)),
        )
    }
    batches = SamplingBatch.objects.filter(feature__in=rows, late=False).order_by()
    until = dict(batches.values_list("feature").annotate(at=Max("until")))
    nothing: dict[str, int] = {"drawn": 0, "random": 0, "waiting": 0}
    return [
        Standing(
            feature,
            policies.get(feature.pk),
            drawn=(found := counted.get(feature.pk, nothing))["drawn"],
            random=found["random"],
            waiting=found["waiting"],
            seen_until=until.get(feature.pk),
        )
        for feature in rows
    ]


def stretches(feature: Feature, days: int = 7) -> list[Stretch]:
    """What was drawn of the hours of these days, in the order of TAIL."""
    rows = SamplingBatch.objects.filter(
        feature=feature, since__gte=clock.now() - timedelta(days=days), population__gt=0
    )
    sums = rows.order_by().values("stratum").annotate(
        calls=Sum("population"), items=Sum("drawn"), least=Min("share"), most=Max("share"),
        late=Sum("population", filter=Q(late=True)),
    )  # fmt: skip  # one argument after the other
    found = {row["stratum"]: row for row in sums}
    return [
        Stretch(one, row["calls"], row["items"], row["least"], row["most"], row["late"] or 0)
        for one in DRAWN
        if (row := found.get(one.value))
    ]
