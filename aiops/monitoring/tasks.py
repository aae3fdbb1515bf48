"""Celery doors of the app."""

from celery import shared_task

from aiops.core import clock
from aiops.core.tasks import enqueue
from aiops.features.models import Feature
from aiops.monitoring import judge_work, live_judge


@shared_task(name="monitoring.judge_calls")
def judge_calls() -> None:
    """Ask each feature's live judge about the calls that wait for it, one feature after the other."""
    for policy in live_judge.policies():
        judge_work.judge(policy)


@shared_task(name="monitoring.measure_quality")
def measure_quality() -> None:
    """Reckon how good the answers are of each feature of which something new was said."""
    from aiops.monitoring.quality import measuring  # noqa: PLC0415 - loads scipy, which only the task needs

    for feature in measuring.features():
        if measuring.due(feature):
            measuring.measure(feature, clock.now())


WATCH = "monitoring.watch_drift_of"


@shared_task(name="monitoring.watch_drift")
def watch_drift() -> None:
    """Twice an hour: each feature on its own, so that none holds up another."""
    for slug in Feature.objects.values_list("slug", flat=True):
        enqueue(WATCH, slug, expires=1800)


@shared_task(name=WATCH)
def watch_drift_of(feature: str) -> None:
    """Keep windows of the feature's new calls, and look at those that are due."""
    from aiops.monitoring.drift import watching  # noqa: PLC0415 - numpy and more, which only the task needs

    watching.watch(feature)
