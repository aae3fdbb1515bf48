"""Doors for the workers: ids in, one call, out."""

from celery import shared_task

from aiops.approaches import categories, jobs, training


@shared_task(name="approaches.train")
def train(training_id: int) -> None:
    """Train a classifier, if nobody else does."""
    training.train(training_id)


@shared_task(name="approaches.sweep")
def sweep() -> None:
    """Find trainings that lost their worker or their message."""
    training.sweep()
    jobs.sweep()


@shared_task(name="approaches.train_categories")
def train_categories(training_id: int) -> None:
    """Train a feature's category classifier, if nobody else does."""
    categories.train(training_id)
