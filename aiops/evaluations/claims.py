"""Who works on a shard, and with how many calls at once.

A claim locks the rows of all providers that the work asks, in their order, so that the sum of slots over
all running shards of a provider, on all hosts and for all runs, never passes its `max_concurrency`. It takes
slots of all of them or of none, so that no two workers wait for each other. A judge with the provider of the
approach shares its slots. A run that asks no model has no provider of its own: each of its shards takes one
slot, of nobody's. A claim raises the shard's token; every later write names the token, so that a worker that
was taken for dead and comes back writes nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Greatest, Now

from aiops.catalog.models import Provider
from aiops.core.money import ZERO
from aiops.core.tasks import enqueue
from aiops.evaluations import spent
from aiops.evaluations.models import Pairwise, Run, Shard, with_approaches
from aiops.evaluations.scorers.judge import TYPE as JUDGE
from aiops.evaluations.timing import timing


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a shard, as long as nobody claims it after us."""

    shard: Shard
    run: Run
    token: int
    slots: int
    judge_slots: Mapping[int, int] = field(default_factory=dict)  # by provider, other than the approach's


@transaction.atomic
def take(shard_id: int, *, alone: bool = False) -> Claim | None:
    """Claim a queued shard; None where it is not to be had: taken, over, or the provider has no free slot.

    `alone` takes all free slots: nobody else will work on the run (a shell, the demo).
    """
    providers = _locked_providers(shard_id)
    shard = Shard.objects.select_for_update(no_key=True, of=("self",)).filter(id=shard_id).first()
    if shard is None:
        return None
    run = _runs().get(id=shard.run_id)
    if shard.state != Shard.State.QUEUED or not run.is_active:
        return None
    slots = {row.pk: _slots(row, run, alone=alone) for row in providers}
    if not all(slots.values()):
        return None
    own = slots.pop(run.model.provider_id) if run.model else 1
    return _claimed(shard, run, own, slots)


def _locked_providers(shard_id: int) -> list[Provider]:
    """All that the shard's work asks, locked in the order of their ids."""
    run = Run.objects.filter(shards=shard_id).values_list("model__provider_id", "scorers").first()
    if run is None:
        return []
    ids = {run[0]} | {entry["provider"] for entry in run[1] if entry["type"] == JUDGE}
    rows = Provider.objects.select_for_update(no_key=True).filter(id__in=ids - {None})
    return list(rows.order_by("id"))


def _runs() -> QuerySet[Run]:
    """Runs with what the work needs."""
    rows = with_approaches(Run.objects.select_related("price", "dataset_version", "feature"))
    return rows.defer(None).defer("classifier_version__weights", "classifier_version__report")


def _slots(provider: Provider, run: Run, *, alone: bool) -> int:
    free = max(0, provider.max_concurrency - taken(provider))
    open_shards = run.shards.filter(state__in=(Shard.State.QUEUED, Shard.State.RUNNING)).count()
    ways = 1 if alone else max(1, min(timing().parallel, open_shards))
    return min(free, math.ceil(provider.max_concurrency / ways))


def taken(provider: Provider) -> int:
    """Slots of `provider` that work under way holds: shards, for their approach or for their judges, and
    comparisons of two runs.
    """
    running = Shard.objects.filter(state=Shard.State.RUNNING)
    own: int = running.filter(run__model__provider=provider).aggregate(n=Coalesce(Sum("slots"), 0))["n"]
    key = str(provider.pk)
    judging = running.filter(judge_slots__has_key=key).values_list("judge_slots", flat=True)
    pairs: int = Pairwise.objects.filter(provider=provider).aggregate(n=Coalesce(Sum("slots"), 0))["n"]
    return own + pairs + sum(int(slots[key]) for slots in judging)


def _claimed(shard: Shard, run: Run, slots: int, judge_slots: Mapping[int, int]) -> Claim:
    token = shard.token + 1
    Shard.objects.filter(id=shard.id).update(
        state=Shard.State.RUNNING,
        token=token,
        slots=slots,
        judge_slots={str(provider): count for provider, count in judge_slots.items()},
        heartbeat_at=Now(),
        attempts=F("attempts") + 1,
    )
    Run.objects.filter(id=run.id, state=Run.State.QUEUED).update(
        state=Run.State.RUNNING, started_at=Coalesce(F("started_at"), Now()), heartbeat_at=Now()
    )
    return Claim(shard=shard, run=run, token=token, slots=slots, judge_slots=judge_slots)


def instance(claim: Claim) -> str:
    """The name of the claim's leases."""
    return spent.shard_instance(claim.run.id, claim.shard.id, claim.token)


def bury(claim: Claim) -> None:
    """What the claim still has of budgets, as after a clean end it has not, may have been spent."""
    spent.lost(instance(claim), claim.run.feature.slug)


@transaction.atomic
def release(claim: Claim, state: Shard.State) -> bool:
    """Give the shard back, in `state`; what it still holds of the run's money goes back too. False: not
    ours any more.
    """
    bury(claim)
    shard = Shard.objects.select_for_update(no_key=True).filter(
        id=claim.shard.id, token=claim.token, state=Shard.State.RUNNING
    )
    for row in shard:
        _close(row, state)
        if row.held:
            Run.objects.filter(id=row.run_id).update(held=Greatest(F("held") - row.held, ZERO))
        return True
    return False


def reclaim_lost() -> list[int]:
    """Queue the shards again whose worker has been silent for too long; return their ids.

    Their calls under way may have been billed though no answer was stored: what the shard held stays counted
    against the run's ceiling as `unaccounted`, and what it had on lease counts as spent from the budgets.
    """
    return [shard_id for shard_id in _silent().values_list("id", flat=True) if _reclaim(shard_id)]


def _silent() -> QuerySet[Shard]:
    limit = Now() - timedelta(seconds=timing().lost)
    return Shard.objects.filter(state=Shard.State.RUNNING, heartbeat_at__lt=limit)


@transaction.atomic
def _reclaim(shard_id: int) -> bool:
    for row in _silent().select_for_update(no_key=True, skip_locked=True).filter(id=shard_id):
        run = Run.objects.select_related("feature").get(id=row.run_id)
        _close(row, Shard.State.QUEUED)
        name = spent.shard_instance(run.id, row.id, row.token)
        gone = spent.lost(name, run.feature.slug, row.held)
        if run.ceiling is not None:
            gone = row.held
        if gone or row.held:
            Run.objects.filter(id=run.id).update(
                held=Greatest(F("held") - row.held, ZERO), unaccounted=F("unaccounted") + gone
            )
        return True
    return False


def _close(row: Shard, state: Shard.State) -> None:
    Shard.objects.filter(id=row.id).update(
        state=state, slots=0, judge_slots={}, held=Decimal(0), token=F("token") + 1, dispatched_at=None
    )


def settle_run(run_id: int) -> bool:
    """End the run if no shard is left to do; True for the one caller who ended it.

    Each shard commits its own end first, so that of two that end together the later one sees both.
    """
    run = Run.objects.filter(id=run_id, state__in=Run.ACTIVE)
    open_shards = Shard.objects.filter(
        Q(state=Shard.State.QUEUED) | Q(state=Shard.State.RUNNING), run_id=run_id
    )
    if open_shards.exists():
        return False
    if Shard.objects.filter(run_id=run_id, state=Shard.State.STOPPED).exists():
        return bool(run.update(state=Run.State.STOPPED, finished_at=Now(), held=ZERO))
    finished = bool(run.update(state=Run.State.FINISHED, finished_at=Now(), held=ZERO))
    if finished:
        enqueue("evaluations.decide", run_id, hint=True)
    return finished
