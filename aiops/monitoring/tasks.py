"""Celery doors of the app."""

from celery import shared_task

from aiops.core import clock
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
