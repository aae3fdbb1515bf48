"""Items to be graded, their seats, and what people said of them."""

import uuid
from datetime import timedelta
from typing import Any

from aiops.accounts.models import User
from aiops.core import clock
from aiops.evaluations.models import Run
from aiops.gateway.call_ids import new_id
from aiops.reviews import actions
from aiops.reviews.actions.sampling import Asked
from aiops.reviews.models import CalibrationRound, Grade, Guideline, ReviewItem, SamplingPolicy, Seat
from aiops.reviews.weeks import monday
from tests.factories.datasets import make_case, make_dataset, make_dataset_version
from tests.factories.evaluations import make_pair, make_result
from tests.factories.people import make_user
from tests.factories.prompts import make_feature


def make_sampling(**values: Any) -> SamplingPolicy:
    """A feature's policy as it begins."""
    return SamplingPolicy.objects.create(
        **{"feature": values.pop("feature", None) or make_feature(), **values}
    )


def make_guideline(**values: Any) -> Guideline:
    feature = values.pop("feature", None) or make_feature()
    facts = {"number": feature.guidelines.count() + 1, "text": "An answer **passes** if it may be sent."}
    return Guideline.objects.create(feature=feature, **{**facts, **values})


def make_review_item(**values: Any) -> ReviewItem:
    """A random call's answer in English, with its free seats: `seats`, or one."""
    now = clock.now()
    facts: dict[str, Any] = {
        "feature": values.pop("feature", None) or make_feature(),
        "source": "call", "source_id": new_id(), "source_at": now, "tenant": "acme", "locale": "en",
        "language": "en", "category": "delivery", "approach_name": "summary v3", "version_id": 3,
        "version_number": 3, "model": "small", "arm": "stable", "stratum": "random", "probability": 0.05,
        "is_random": True, "week": monday(now), "inputs": {"ticket": "Where is my lamp?"},
        "output": "It is late.", "passages": [],
    }  # fmt: skip  # pairs, read as a table
    item = ReviewItem.objects.create(**{**facts, **values})
    Seat.objects.bulk_create(
        Seat(item=item, number=number, feature_id=item.feature_id) for number in range(1, item.seats + 1)
    )
    return item


def make_claim(reviewer: User | None = None, **values: Any) -> Seat:
    """A seat that somebody holds for two minutes: the first free one of `item`, or of a new one."""
    item = values.pop("item", None) or make_review_item()
    seat = item.places.filter(state="free").order_by("role", "number")[0]
    now = clock.now()
    facts = {
        "state": "claimed", "reviewer": reviewer or make_user(roles=["reviewer"]), "token": uuid.uuid4(),
        "claimed_at": now, "lease_until": now + timedelta(minutes=2),
    }  # fmt: skip  # pairs, read as a table
    for name, value in {**facts, **values}.items():
        setattr(seat, name, value)
    seat.save()
    return Seat.objects.get(pk=seat.pk)


def make_review_grade(**values: Any) -> Grade:
    """A pass, or `raw` on `scale`, by `reviewer` on `item` (both new ones by default)."""
    seat = values.pop("seat", None) or make_claim(values.pop("reviewer", None), item=values.pop("item", None))
    Seat.objects.filter(pk=seat.pk).update(state="graded", lease_until=None, graded_at=clock.now())
    raw, scale = values.pop("raw", 1), values.pop("scale", "pass_fail")
    facts = {"value": float(raw), "passed": raw == 1}
    if scale == "one_to_five":
        facts = {"value": (raw - 1) / 4, "passed": raw >= 4}
    facts |= {"seat": seat, "item": seat.item, "reviewer": seat.reviewer, "seconds": 20.0}
    return Grade.objects.create(**{**facts, "scale": scale, "raw": raw, **values})


def make_round(**values: Any) -> CalibrationRound:
    """A calibration round that just opened, without items."""
    return CalibrationRound.objects.create(
        **{"feature": values.pop("feature", None) or make_feature(), **values}
    )


def asked_sampling(**values: Any) -> Asked:
    """A sampling policy as a lead would ask for it."""
    facts: dict[str, Any] = {
        "on": True, "base_share": 0.05, "weekly_minimum": 20, "shares": {"thumbs_down": 1.0},
        "items_per_week": 150, "reviewers": 1, "double_share": 0.18, "gold_share": 0.05,
        "scale": "pass_fail", "masked": ["email"],
    }  # fmt: skip  # pairs, read as a table
    return Asked(**{**facts, **values})


def make_answered_pair(cases: int = 1) -> tuple[Run, Run]:
    """Two finished runs that answered the same English cases differently: "new 0" and "old 0"."""
    dataset = make_dataset()
    rows = [make_case(dataset=dataset, key=f"t-{n}", locale="en") for n in range(cases)]
    candidate, baseline = make_pair(dataset_version=make_dataset_version(dataset=dataset))
    for n, case in enumerate(rows):
        make_result(run=candidate, case=case, output=f"new {n}")
        make_result(run=baseline, case=case, output=f"old {n}")
    return candidate, baseline


def make_pairs(cases: int = 1, **values: Any) -> CalibrationRound:
    """These two, side by side before people."""
    candidate, baseline = make_answered_pair(cases)
    by = make_user(roles=["engineer"])
    return actions.start_pairs(by=by, candidate=candidate, baseline=baseline, **values)
