"""Celery doors of the app."""

from celery import shared_task

from aiops.monitoring import judge_work, live_judge


@shared_task(name="monitoring.judge_calls")
def judge_calls() -> None:
    """Ask each feature's live judge about the calls that wait for it, one feature after the other."""
    for policy in live_judge.policies():
        judge_work.judge(policy)
