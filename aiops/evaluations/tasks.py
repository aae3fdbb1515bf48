"""Doors for the workers: ids in, one call, out."""

from contextlib import suppress

from celery import shared_task

from aiops.accounts.models import User
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict, InvalidInput
from aiops.evaluations import (
    actions,
    cache_judging,
    dispatch,
    pairwise_claims,
    pairwise_work,
    routing,
    runner,
    summaries,
)
from aiops.evaluations.models import Run
from aiops.evaluations.playground import recording

GATE = SystemActor("gate")
EMBEDDINGS = SystemActor("embeddings")
WEIGHER = SystemActor("judge trust")


@shared_task(name="evaluations.run_shard")
def run_shard(shard_id: int) -> None:
    """Work on one shard, if it is still to be had."""
    runner.run_shard(shard_id)


@shared_task(name="evaluations.run_pairwise")
def run_pairwise(pairwise_id: int) -> None:
    """Ask a judge about two runs, if nobody does yet."""
    pairwise_work.run_pairwise(pairwise_id)


@shared_task(name="evaluations.sweep")
def sweep() -> None:
    """Find work that lost its worker or its message."""
    dispatch.sweep()
    pairwise_claims.sweep()
    recording.bury()


@shared_task(name="evaluations.decide")
def decide(run_id: int) -> None:
    """Keep a run that is over for its readers; the verdict on it, if there is a baseline for it."""
    run = Run.objects.get(pk=run_id)
    summaries.measured([run])
    actions.judge_run(by=GATE, run=run)


@shared_task(name="evaluations.compare")
def compare(candidate_id: int, baseline_id: int, user_id: int) -> None:
    """The verdict that a person asked for."""
    actions.compare_runs(
        by=User.objects.get(pk=user_id),
        candidate=Run.objects.get(pk=candidate_id),
        baseline=Run.objects.get(pk=baseline_id),
    )


@shared_task(name="evaluations.weigh_judges")
def weigh_judges(feature: str | None = None) -> None:
    """How judges stand against people, in a feature (its slug) or in all: after grades, and each night."""
    actions.weigh_judges(by=WEIGHER, feature=feature)


@shared_task(name="evaluations.train_router")
def train_router(training_id: int) -> None:
    """Train a feature's router from two runs, if nobody else does."""
    routing.train(training_id)


@shared_task(name="evaluations.retrain_routers")
def retrain_routers() -> None:
    """The vectors that routers read are others: each in force is trained again, for people to turn on."""
    for small, large, margin in routing.outdated():
        with suppress(Conflict, InvalidInput):  # one is being trained, or its runs are gone: the page says so
            note = "Trained again: the vectors that routers read are others."
            actions.train_router(by=EMBEDDINGS, small=small, large=large, margin=margin, note=note)


@shared_task(name="evaluations.judge_cache_checks")
def judge_cache_checks() -> None:
    """Each minute: ask judges about checks of the semantic cache that words do not settle."""
    for feature in cache_judging.waiting():
        cache_judging.judge(feature)
