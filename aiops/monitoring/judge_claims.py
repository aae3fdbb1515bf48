"""Who asks a feature's live judge, and what it found. One worker for each feature, its money held first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from aiops.catalog.models import Provider
from aiops.core import clock
from aiops.evaluations import claims, spent
from aiops.evaluations.judges import digest_of
from aiops.evaluations.judging import Seat
from aiops.evaluations.scorers.base import Judgement
from aiops.gateway.inside import Bill
from aiops.monitoring import live_judge
from aiops.reviews.models import JudgedCall, JudgeWatch, SamplingPolicy

LOST = timedelta(seconds=60)  # silent for so long, a worker is taken for dead
AT_ONCE = 4  # calls: evaluations and the traffic go first
FIRST_LOOK = timedelta(hours=1)  # back from when the judge was chosen
PURPOSE = "judge"


class Fenced(Exception):
    """Another worker has the feature's judge."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to ask the judge of `policy`, as long as nobody claims it after us."""

    policy: SamplingPolicy
    watch: JudgeWatch
    entry: Mapping[str, Any]
    slots: int

    @property
    def instance(self) -> str:
        """The name of its leases."""
        return self.watch.held_by

    @property
    def digest(self) -> str:
        return digest_of(self.entry)

    def seat(self) -> Seat:
        return live_judge.seat_of(self.entry)


@dataclass(frozen=True, slots=True)
class Found:
    """What the judge said of a call, what it cost, and which leases pay for it.

    Without a `judgement` nobody answered: the call waits for another try, and the cost is charged.
    """

    row: JudgedCall
    judgement: Judgement | None
    unsure: bool = False
    bills: Sequence[Bill] = ()
    charges: Mapping[int, Decimal] = field(default_factory=dict)


@transaction.atomic
def take(policy: SamplingPolicy) -> Claim | None:
    """Claim the feature's judge; None where somebody has it, or its provider has no free slot.

    What a worker had leased that died with the claim may have been spent, and counts so.
    """
    now = clock.now()
    entry = live_judge.entry_of(policy)
    provider = Provider.objects.select_for_update(no_key=True).get(pk=entry["provider"])
    slots = min(AT_ONCE, provider.max_concurrency - claims.taken(provider))
    JudgeWatch.objects.get_or_create(feature=policy.feature, defaults={"seen_until": now - FIRST_LOOK})
    watch = JudgeWatch.objects.select_for_update(no_key=True).get(feature=policy.feature)
    if slots <= 0 or (watch.heartbeat_at is not None and watch.heartbeat_at > now - LOST):
        return None
    if watch.held_by:
        spent.lost(watch.held_by, policy.feature.slug, purpose=PURPOSE)
    watch.token += 1
    watch.held_by = f"live-judge-{policy.feature_id}-{watch.token}"
    watch.heartbeat_at = now
    watch.save(update_fields=["token", "held_by", "heartbeat_at"])
    return Claim(policy, watch, entry, slots)


@transaction.atomic
def write(claim: Claim, found: Sequence[Found]) -> None:
    """Store `found`, each verdict once, with what it cost; nothing is a heartbeat. Raises Fenced."""
    _ours(claim)
    now = clock.now()
    for one in found:
        if one.judgement is not None:
            _store(one, one.judgement, now)
    spent.note_pairs(
        claim.policy.feature.slug,
        [bill for one in found for bill in one.bills],
        [one.charges for one in found],
    )
    JudgeWatch.objects.filter(pk=claim.watch.pk).update(heartbeat_at=now)


def _store(one: Found, judgement: Judgement, now: datetime) -> None:
    said = judgement.passed is not None and judgement.value is not None
    JudgedCall.objects.filter(pk=one.row.pk, state=JudgedCall.State.WAITING).update(
        state=JudgedCall.State.JUDGED if said else JudgedCall.State.FAILED,
        value=judgement.value if said else None,
        passed=judgement.passed if said else None,
        unsure=one.unsure,
        reason=judgement.reason[:2000],
        cost=sum((bill.cost for bill in one.bills), Decimal(0)),
        unaccounted=sum((bill.unaccounted for bill in one.bills), Decimal(0)),
        judged_at=now,
    )


@transaction.atomic
def seen(claim: Claim, until: datetime) -> None:
    """All calls until then have been looked at. Raises Fenced."""
    _ours(claim)
    JudgeWatch.objects.filter(pk=claim.watch.pk).update(seen_until=until)


@transaction.atomic
def release(claim: Claim, problem: str = "") -> None:
    """Give it back, with what keeps calls waiting. What it still has of budgets may have been spent."""
    spent.lost(claim.instance, claim.policy.feature.slug, purpose=PURPOSE)
    JudgeWatch.objects.filter(_mine(claim)).update(heartbeat_at=None, held_by="", problem=problem[:1000])


def _ours(claim: Claim) -> None:
    if not JudgeWatch.objects.select_for_update(no_key=True).filter(_mine(claim)).exists():
        raise Fenced(claim.instance)


def _mine(claim: Claim) -> Q:
    return Q(pk=claim.watch.pk, token=claim.watch.token)
