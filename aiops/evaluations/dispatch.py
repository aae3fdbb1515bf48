"""Sending queued shards to workers, and finding those that got lost on the way.

A message to a worker is a hint, never the record: the shard's row says what is to be done. So a lost broker
loses nothing, and a message too many does nothing.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, F, Q

from aiops.core import clock
from aiops.core.tasks import enqueue
from aiops.evaluations import claims
from aiops.evaluations.models import Run, Shard
from aiops.evaluations.timing import timing
from aiops.evaluations.undecided import decidable, overdue

TASK = "evaluations.run_shard"


@transaction.atomic
def dispatch(run_id: int | None = None) -> int:
    """Send the next queued shards to the workers, fairly over the active runs; return how many."""
    again = clock.now() - timedelta(seconds=timing().dispatch_again)
    waiting = Shard.objects.filter(state=Shard.State.QUEUED, run__state__in=Run.ACTIVE)
    if run_id is not None:
        waiting = waiting.filter(run_id=run_id)
    under_way = Count("run__shards", filter=Q(run__shards__state=Shard.State.RUNNING))
    ordered = waiting.annotate(under_way=under_way).order_by("under_way", "run_id", "ordinal")
    first = list(ordered.values_list("id", flat=True)[: 2 * timing().parallel])
    due = Shard.objects.select_for_update(skip_locked=True, no_key=True).filter(
        Q(dispatched_at=None) | Q(dispatched_at__lt=again), id__in=first, state=Shard.State.QUEUED
    )
    ids = list(due.order_by("run_id", "ordinal").values_list("id", flat=True))
    Shard.objects.filter(id__in=ids).update(dispatched_at=clock.now())
    for shard_id in ids:
        enqueue(TASK, shard_id, expires=timing().dispatch_again * 2, hint=True)
    return len(ids)


def sweep() -> None:
    """What beat does every few seconds: take work from the dead, end what is done, send what waits."""
    claims.reclaim_lost()
    for run_id in Run.objects.filter(state__in=Run.ACTIVE).values_list("id", flat=True):
        claims.settle_run(run_id)
    # A run that was cancelled or failed while a worker was dying: its shard has no claim to the run's money.
    Run.objects.filter(~Q(state__in=Run.ACTIVE), held__gt=0).exclude(
        shards__state=Shard.State.RUNNING
    ).update(held=F("held") * 0)
    dispatch()
    decide_again()


def decide_again() -> None:
    """Ask for the verdicts that got lost."""
    for run in overdue():
        Run.objects.filter(pk=run.pk).update(heartbeat_at=clock.now())
        if decidable(run):
            enqueue("evaluations.decide", run.pk, hint=True)
