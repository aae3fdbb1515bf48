"""Doors for the workers: one call each."""

import structlog
from celery import shared_task

from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.core.errors import AiopsError
from aiops.flags import actions, queries

log = structlog.get_logger(__name__)


@shared_task(name="flags.carry_out_schedules")
def carry_out_schedules() -> None:
    """Every few seconds: the flags whose change is due. One that cannot be done stops no other."""
    for schedule in queries.open_schedules().filter(due_at__lte=clock.now()):
        try:
            actions.carry_out(by=SystemActor("beat"), schedule=schedule)
        except AiopsError as error:
            log.warning("schedule_not_carried_out", schedule=schedule.pk, error=str(error))
