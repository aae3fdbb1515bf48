"""Questions of the quality pages. Nothing here writes."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from aiops.features.models import Feature
from aiops.monitoring.models import QualityReport
from aiops.reviews.models import JudgedCall, JudgeWatch, SamplingPolicy


def features(slug: str = "") -> QuerySet[Feature]:
    rows = Feature.objects.order_by("slug")
    return rows.filter(slug=slug) if slug else rows


def reports(features: Iterable[Feature]) -> dict[int, QualityReport]:
    """By feature the report of each that has one."""
    rows = QualityReport.objects.filter(feature__in=list(features))
    return {row.feature_id: row for row in rows}


@dataclass(frozen=True, slots=True)
class LiveJudge:
    """What a feature's live judge does: calls that wait for it, those without a verdict, what stops it."""

    waiting: int
    failed: int
    missed: int
    problem: str


def live_judge(feature: Feature) -> LiveJudge:
    """In two questions."""
    state = JudgedCall.State
    counts = JudgedCall.objects.filter(feature=feature).aggregate(
        **{one.value: Count("pk", filter=Q(state=one)) for one in (state.WAITING, state.FAILED, state.MISSED)}
    )
    watch = JudgeWatch.objects.filter(feature=feature).first()
    return LiveJudge(**counts, problem=watch.problem if watch else "")


def policy(feature: Feature) -> SamplingPolicy | None:
    """The feature's sampling with its live judge; None: nobody has set it."""
    related = ("judge_version__prompt", "judge_model")
    return SamplingPolicy.objects.select_related(*related).filter(feature=feature).first()
