"""Doors for the workers: one call each."""

from contextlib import suppress

from celery import shared_task

from aiops.core.actors import SystemActor
from aiops.core.errors import InvalidInput
from aiops.core.tasks import enqueue
from aiops.flags import presence
from aiops.gateway import actions, cache_queries, callbacks, partitions, retrying
from aiops.gateway.reembedding import upkeep, work
from aiops.gateway.stores import indexing


@shared_task(name="gateway.keep_partitions")
def keep_partitions() -> None:
    """Each day: calls of the next months have a partition."""
    partitions.make_ahead()


@shared_task(name="gateway.drop_old")
def drop_old() -> None:
    """Each day: calls that are older than the workspace keeps them go, a month at a time."""
    actions.drop_old(by=SystemActor("beat"))


@shared_task(name="gateway.retry_deferred")
def retry_deferred() -> None:
    """Every 15 seconds: tickets whose time is over expire, deferred calls that are due are tried again."""
    from aiops.gateway.wiring import opened_gate  # noqa: PLC0415 - it brings all of the gateway with it

    presence.forget_workers()
    retrying.expire()
    retrying.retry(opened_gate)


@shared_task(name="gateway.learn_cache_thresholds")
def learn_cache_thresholds() -> None:
    """Each hour: what the checks of each feature's semantic cache say is done."""
    for feature in cache_queries.checked_features():
        with suppress(InvalidInput):  # its stored policy no longer reads: nothing of it is served either
            actions.learn_cache_threshold(by=SystemActor("beat"), feature=feature)


@shared_task(name="gateway.index_cache")
def index_cache() -> None:
    """Each hour: partitions that grew large get an index; answers of older documents go."""
    indexing.drop_outdated()
    indexing.index_large()


@shared_task(name="gateway.change_embeddings")
def change_embeddings(change_id: int) -> None:
    """Make all vectors of a use anew, if nobody else does."""
    work.work(change_id)


@shared_task(name="gateway.keep_embeddings")
def keep_embeddings() -> None:
    """Every ten seconds: changes that lost their worker; texts that came later; vectors that nobody needs."""
    upkeep.sweep()
    upkeep.keep_up()


@shared_task(name=callbacks.TASK)
def deliver_callback(ticket_id: str) -> None:
    """A ticket's end is told to its application: one try."""
    callbacks.deliver(ticket_id)


@shared_task(name="gateway.deliver_callbacks")
def deliver_callbacks() -> None:
    """Every 15 seconds: callbacks whose next try has come, each on its own so that none holds up another."""
    for ticket_id in callbacks.due():
        enqueue(callbacks.TASK, ticket_id, expires=15)
