"""How much of a feature's calls people are shown: set by a lead, in force for hours not drawn yet."""

from dataclasses import dataclass, fields
from typing import Any

from django.db import transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.catalog.models import Model, Price
from aiops.core import clock
from aiops.core.errors import InvalidInput
from aiops.core.texts import personal
from aiops.features.models import Feature
from aiops.prompts.models import Version
from aiops.reviews.models import TAIL, SamplingPolicy, Scale
from aiops.reviews.sampling.batches import skip_to

MOST_GOLD = 0.5
MOST_REVIEWERS = 5
MOST_REPEATS = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What a lead asks for. Shares are 0..1; `judge`: the live judge, null for none."""

    on: bool
    base_share: float
    weekly_minimum: int
    shares: dict[str, float]
    items_per_week: int
    reviewers: int
    double_share: float
    gold_share: float
    scale: str
    masked: list[str]
    judge_version: Version | None = None
    judge_model: Model | None = None
    judge_price: Price | None = None
    judge_share: float = 0.0
    judge_repeats: int = 1


def checked(asked: Asked) -> None:
    """InvalidInput where what is asked for cannot be: also for those who come past the form."""
    shares = [asked.base_share, asked.double_share, asked.judge_share, *asked.shares.values()]
    if not all(0 <= share <= 1 for share in shares) or not 0 <= asked.gold_share <= MOST_GOLD:
        raise InvalidInput("Shares are 0 to 100 %, that of gold probes at most 50 %.")
    if unknown := set(asked.shares) - {stratum.value for stratum in TAIL}:
        raise InvalidInput(f"There is no stratum “{min(unknown)}”.")
    if asked.weekly_minimum > asked.items_per_week:
        raise InvalidInput("The week's minimum of random items is more than all items of a week.")
    if not 1 <= asked.reviewers <= MOST_REVIEWERS or not 1 <= asked.judge_repeats <= MOST_REPEATS:
        raise InvalidInput("One to five people grade an item, and a judge is asked one to five times.")
    if asked.scale not in Scale.values or not set(asked.masked) <= set(personal.ORDER):
        raise InvalidInput("Choose a scale, and kinds of personal data, that there are.")
    judge = (asked.judge_version, asked.judge_model, asked.judge_price)
    if any(judge) and not all(judge):
        raise InvalidInput("A live judge is a prompt version on a model that has a price.")


@transaction.atomic
def change_sampling(*, by: User, feature: Feature, asked: Asked, why: str = "") -> SamplingPolicy:
    """Put `asked` in force. What was drawn stays; hours in which it was off are not drawn later."""
    check(by, Permission.REVIEWS_LEAD)
    checked(asked)
    policy = SamplingPolicy.objects.select_for_update(no_key=True).filter(feature=feature).first()
    before, was_on = (facts(policy), policy.on) if policy else (None, False)
    policy = policy or SamplingPolicy(feature=feature)
    for field in fields(asked):
        setattr(policy, field.name, getattr(asked, field.name))
    policy.changed_at, policy.changed_by = clock.now(), by
    is_new = policy.pk is None
    policy.save()
    if policy.on and not was_on and not is_new:
        skip_to(policy, clock.now())
    audit.record(
        by=by,
        action="reviews.sampling_changed",
        on=policy,
        feature=feature.slug,
        before=before,
        after=facts(policy),
        reason=why.strip(),
    )
    return policy


def facts(policy: SamplingPolicy) -> dict[str, Any]:
    """A policy for the audit."""
    names = [field.name for field in fields(Asked) if not field.name.startswith("judge")]
    judge = f"{policy.judge_version} on {policy.judge_model}" if policy.judge_version else None
    found = {name: getattr(policy, name) for name in names}
    return found | {"judge": judge, "judge_share": policy.judge_share, "judge_repeats": policy.judge_repeats}
