"""Calls that the live judge judged and people graded, saved."""

from datetime import datetime, timedelta
from typing import Any

from aiops.core import clock
from aiops.gateway.call_ids import new_id
from aiops.reviews.models import Grade, JudgedCall, ReviewItem, SamplingPolicy, Seat
from tests.factories.catalog import make_price
from tests.factories.people import make_user
from tests.factories.prompts import make_version


def make_judged_calls(
    policy: SamplingPolicy, count: int, *, passed: bool = True, **values: Any
) -> list[JudgedCall]:
    """`count` calls of yesterday that the policy's judge passed, or failed."""
    at = values.pop("at", None) or clock.now() - timedelta(hours=20)
    facts: dict[str, Any] = {
        "tenant": "acme", "locale": "en", "category": "refund", "approach_name": "summary v3",
        "arm": "stable", "model": "large", "digest": "j1", "probability": 0.2, "state": "judged",
        "value": float(passed), "passed": passed, "judged_at": clock.now(),
        "judge_version": policy.judge_version, "judge_model": policy.judge_model, "feature": policy.feature,
    }  # fmt: skip  # pairs, read as a table
    rows = [JudgedCall(call_id=new_id(at.timestamp()), at=at, **{**facts, **values}) for _ in range(count)]
    return JudgedCall.objects.bulk_create(rows)


def make_judge_policy(**values: Any) -> SamplingPolicy:
    """A feature's sampling with a live judge."""
    price = make_price()
    version = make_version()
    judge = {"judge_version": version, "judge_model": price.model, "judge_price": price, "judge_share": 0.2}
    return SamplingPolicy.objects.create(**{**judge, **values})


def make_graded(calls: list[JudgedCall], *, passed: bool = True, **values: Any) -> list[ReviewItem]:
    """People say of each of `calls` whether it passes."""
    reviewer = make_user(roles=["reviewer"])
    now: datetime = clock.now()
    items = ReviewItem.objects.bulk_create(
        ReviewItem(**{
            "feature": call.feature, "source": "call", "source_id": call.call_id, "source_at": call.at,
            "locale": call.locale, "category": call.category, "approach_name": call.approach_name,
            "arm": call.arm, "model": call.model, "stratum": "random", "is_random": True,
            "probability": 0.05, "week": call.at.date(), "state": "done", "done_at": now, **values,
        })
        for call in calls
    )  # fmt: skip  # pairs, read as a table
    seats = Seat.objects.bulk_create(
        Seat(
            item=item, feature=item.feature, state="graded", reviewer=reviewer, claimed_at=now, graded_at=now,
            token="00000000-0000-4000-8000-000000000000",
        )
        for item in items
    )  # fmt: skip  # arguments by what they belong to
    Grade.objects.bulk_create(
        Grade(
            seat=seat, item=seat.item, reviewer=reviewer, scale="pass_fail", raw=int(passed),
            value=float(passed), passed=passed,
        )
        for seat in seats
    )  # fmt: skip  # arguments by what they belong to
    return items
