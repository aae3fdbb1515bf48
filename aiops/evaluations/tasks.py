"""Doors for the workers: ids in, one call, out."""

from celery import shared_task

from aiops.evaluations import dispatch, runner


@shared_task(name="evaluations.run_shard")
def run_shard(shard_id: int) -> None:
    """Work on one shard, if it is still to be had."""
    runner.run_shard(shard_id)


@shared_task(name="evaluations.sweep")
def sweep() -> None:
    """Find work that lost its worker or its message."""
    dispatch.sweep()
