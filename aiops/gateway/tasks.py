"""Doors for the workers: one call each."""

from celery import shared_task

from aiops.core.actors import SystemActor
from aiops.gateway import actions, partitions


@shared_task(name="gateway.keep_partitions")
def keep_partitions() -> None:
    """Each day: calls of the next months have a partition."""
    partitions.make_ahead()


@shared_task(name="gateway.drop_old")
def drop_old() -> None:
    """Each day: calls that are older than the workspace keeps them go, a month at a time."""
    actions.drop_old(by=SystemActor("beat"))
