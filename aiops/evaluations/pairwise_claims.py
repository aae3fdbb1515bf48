"""Who works on a comparison of two runs, what it may spend, what it has found. As for shards, in small."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from aiops.catalog.models import Provider
from aiops.core import clock
from aiops.core.money import ZERO
from aiops.core.tasks import enqueue
from aiops.evaluations import claims, spent
from aiops.evaluations.models import Pairwise, PairwiseResult
from aiops.evaluations.store import Fenced
from aiops.evaluations.timing import timing
from aiops.gateway.inside import Bill

TASK = "evaluations.run_pairwise"


@dataclass(frozen=True, slots=True)
class PairwiseClaim:
    """The right to work on `row`, as long as nobody claims it after us."""

    row: Pairwise
    token: int
    slots: int


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a case, what it cost, and which leases pay for it."""

    result: PairwiseResult
    bills: Sequence[Bill] = ()
    charges: Mapping[int, Decimal] = field(default_factory=dict)


def instance(claim: PairwiseClaim) -> str:
    """The name of the claim's leases."""
    return spent.pairwise_instance(claim.row.pk, claim.token)


@transaction.atomic
def take(pairwise_id: int) -> PairwiseClaim | None:
    """Claim a queued comparison; None where it is not to be had: taken, over, or no free slot."""
    provider = Provider.objects.select_for_update(no_key=True).filter(
        id__in=Pairwise.objects.filter(id=pairwise_id).values("provider")
    )
    slots = [max(0, row.max_concurrency - claims.taken(row)) for row in provider]
    rows = Pairwise.objects.select_for_update(no_key=True, of=("self",))
    row = rows.select_related("provider", "candidate__feature").filter(id=pairwise_id, slots=0).first()
    if row is None or row.state != Pairwise.State.QUEUED or not any(slots):
        return None
    token = row.token + 1
    Pairwise.objects.filter(id=row.pk).update(
        state=Pairwise.State.RUNNING,
        token=token,
        slots=slots[0],
        heartbeat_at=Now(),
        started_at=Coalesce(F("started_at"), Now()),
    )
    return PairwiseClaim(row, token, slots[0])


def hold(claim: PairwiseClaim, amount: Decimal) -> bool:
    """Hold `amount` USD of the ceiling; False where it does not fit."""
    if claim.row.ceiling is None:
        return True
    ours = Pairwise.objects.filter(id=claim.row.pk, token=claim.token)
    if ours.filter(ceiling__gte=F("cost") + F("unaccounted") + F("held") + amount).update(
        held=F("held") + amount
    ):
        return True
    if not ours.exists():
        raise Fenced(f"comparison {claim.row.pk} has been claimed by another worker")
    return False


@transaction.atomic
def write(claim: PairwiseClaim, found: Sequence[Found], *, settled: Decimal = ZERO) -> bool:
    """Store `found` once and count it, `settled` USD of what was held being over; whether to go on.

    With nothing found it is a heartbeat. Raises Fenced where another worker has the comparison.
    """
    row = Pairwise.objects.select_for_update(no_key=True).filter(id=claim.row.pk, token=claim.token).first()
    if row is None:
        raise Fenced(f"comparison {claim.row.pk} has been claimed by another worker")
    cases = [one.result.case_id for one in found]
    there = set(row.results.filter(case__in=cases).values_list("case_id", flat=True))
    new = [one for one in found if one.result.case_id not in there]
    fresh = [one.result for one in new]
    PairwiseResult.objects.bulk_create(fresh)
    bills = [bill for one in new for bill in one.bills]
    spent.note_pairs(claim.row.candidate.feature.slug, bills, [one.charges for one in new])
    row.done += sum(bool(one.verdict) for one in fresh)
    row.failed += sum(not one.verdict for one in fresh)
    row.cost += sum((one.cost for one in fresh), ZERO)
    row.unaccounted += sum((one.unaccounted for one in fresh), ZERO)
    row.held = max(ZERO, row.held - settled)
    row.heartbeat_at = clock.now()
    row.save(update_fields=["done", "failed", "cost", "unaccounted", "held", "heartbeat_at"])
    return row.is_active


@transaction.atomic
def release(claim: PairwiseClaim, state: str, reason: str = "") -> None:
    """Give it back in `state`, unless a person ended it meanwhile or another worker has it.

    What it still has of budgets, as after a clean end it has not, may have been spent.
    """
    spent.lost(instance(claim), claim.row.candidate.feature.slug, purpose="pairwise")
    ours = Pairwise.objects.filter(id=claim.row.pk, token=claim.token)
    over = None if state in Pairwise.ACTIVE else clock.now()
    ours.filter(state=Pairwise.State.RUNNING).update(state=state, reason=reason, finished_at=over)
    ours.update(slots=0, held=ZERO, token=F("token") + 1, dispatched_at=None)


def sweep() -> None:
    """Take comparisons from workers that are silent, and send those that nobody took."""
    _take_from_the_silent()
    again = clock.now() - timedelta(seconds=timing().dispatch_again)
    waiting = Pairwise.objects.filter(state=Pairwise.State.QUEUED, slots=0)
    for pk in waiting.filter(Q(dispatched_at=None) | Q(dispatched_at__lt=again)).values_list("id", flat=True):
        send(pk)


@transaction.atomic
def _take_from_the_silent() -> None:
    """What they had leased, and no result accounts for, may have been spent."""
    silent = Q(slots__gt=0, heartbeat_at__lt=Now() - timedelta(seconds=timing().lost))
    gone = {
        "slots": 0,
        "token": F("token") + 1,
        "unaccounted": F("unaccounted") + F("held"),
        "held": ZERO,
        "dispatched_at": None,
    }
    rows = Pairwise.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(silent)
    found = list(rows.select_related("candidate__feature").order_by("id"))
    for row in found:
        name = spent.pairwise_instance(row.pk, row.token)
        spent.lost(name, row.candidate.feature.slug, row.held, purpose="pairwise")
    taken = Pairwise.objects.filter(id__in=[row.pk for row in found])
    taken.filter(state=Pairwise.State.RUNNING).update(state=Pairwise.State.QUEUED, **gone)
    taken.filter(slots__gt=0).update(**gone)


def send(pairwise_id: int) -> None:
    """Tell a worker; a hint, as for shards."""
    Pairwise.objects.filter(id=pairwise_id).update(dispatched_at=clock.now())
    enqueue(TASK, pairwise_id, expires=timing().dispatch_again * 2, hint=True)
