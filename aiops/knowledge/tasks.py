"""Doors for the workers: ids in, one call, out."""

from celery import shared_task

from aiops.knowledge import loading


@shared_task(name="knowledge.load")
def load(load_id: int) -> None:
    """Load files, if nobody else does."""
    loading.load(load_id)


@shared_task(name="knowledge.sweep")
def sweep() -> None:
    """Find loads that lost their worker or their message."""
    loading.sweep()
