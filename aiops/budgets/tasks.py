"""Doors for the workers: one call each."""

from celery import shared_task

from aiops.budgets import actions
from aiops.core.actors import SystemActor


@shared_task(name="budgets.lose_leases")
def lose_leases() -> None:
    """Each minute: leases whose host is gone count as spent."""
    actions.lose_leases(by=SystemActor("beat"))
