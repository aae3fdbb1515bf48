"""What the live judge and the reviewers of the demo said of its calls.

Nothing is made up but who had the time: outputs are those of the demo's runs, verdicts those of the simulated
judge, and people see what the scorers of the runs see. So the version that loses Japanese loses it here, too.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

import yaml
from django.db import transaction
from pydantic import BaseModel, ConfigDict

from aiops.accounts.languages import language_of
from aiops.accounts.models import User
from aiops.catalog.models import Model
from aiops.catalog.pricing import cost
from aiops.catalog.queries import price_at
from aiops.core.money import ZERO
from aiops.demo import content
from aiops.demo.judged_calls import Answered, older, whole
from aiops.demo.judged_grades import Desk, grade, problems
from aiops.demo.records import Past
from aiops.evaluations.judges import digest_of
from aiops.evaluations.judging import Seat, questions
from aiops.evaluations.scorers.base import Golden, Judgement
from aiops.evaluations.scorers.judge_reply import Garbled, Heard, judgement, read
from aiops.features.models import Feature
from aiops.gateway import inside
from aiops.gateway.inside import Bill
from aiops.monitoring import live_judge
from aiops.monitoring.quality import measuring
from aiops.prompts.models import Version
from aiops.providers.simulated import Simulated
from aiops.reviews.actions.guidelines import write_guideline
from aiops.reviews.models import (
    Guideline,
    JudgedCall,
    JudgeWatch,
    SamplingPolicy,
    Stratum,
)
from aiops.reviews.sampling.chance import chance

_DAY = timedelta(days=1)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Begun(_Part):
    """A feature of which only so many calls have been graded."""

    feature: str
    graded: int


class Wanted(_Part):
    """Shares are 0..1. The judge began `judged_days` ago, people `graded_days`."""

    feature: str
    rubric: str
    model: str
    judge_share: float
    judged_days: int
    graded_days: int
    base_share: float
    shares: Mapping[str, float]
    items_per_week: int
    open: int
    by: tuple[str, ...]
    guideline_by: str
    guideline: str
    guideline_note: str
    begun: Begun


@cache
def wanted() -> Wanted:
    """`content/quality.yaml`, checked."""
    text = (content.FOLDER / "quality.yaml").read_text(encoding="utf-8")
    return Wanted.model_validate(yaml.safe_load(text))


@dataclass(frozen=True, slots=True)
class Said:
    """What the judge says of an answer."""

    judgement: Judgement
    cost: Decimal


def remember(past: Past) -> None:
    """Verdicts and grades of the past, once, and what follows from them."""
    for feature in _remembered(past):
        measuring.measure(feature, past.now)


@transaction.atomic
def _remembered(past: Past) -> list[Feature]:
    """The features of which somebody has said something now; none where that was so, or cannot be."""
    one = wanted()
    feature = Feature.objects.filter(slug=one.feature).first()
    rubric = Version.objects.filter(prompt__name=one.rubric).first()
    if feature is None or rubric is None or JudgedCall.objects.exists() or one.feature not in past.serving:
        return []
    policy = _policy(feature, rubric, past.now)
    calls = [*older(past, feature.slug, one.judged_days), *whole(feature.slug)]
    chosen = {call.id for call in calls if live_judge.chosen_by(policy, call.id)}
    verdicts = _verdicts(policy, [call for call in calls if call.id in chosen or _may_be_drawn(policy, call)])
    items = _drawn(policy, calls, chosen, verdicts, past.now - one.graded_days * _DAY)
    asked = [call for call in calls if call.id in chosen or call.id in items]
    _judge(policy, asked, chosen, verdicts)
    people = list(User.objects.filter(email__in=one.by).order_by("email"))
    newest = Guideline.objects.filter(feature=feature).order_by("-number").first()
    desk = Desk(policy, people, problems(one.feature, one.model), past.now, newest)
    grade(desk, calls, items, one.open)
    return [feature, *_begin(past, people[:1])]


def _policy(feature: Feature, rubric: Version, now: datetime) -> SamplingPolicy:
    one = wanted()
    model = Model.objects.get(name=one.model)
    price = price_at(model, now)
    values = {
        "judge_version": rubric, "judge_model": model, "judge_price": price, "judge_share": one.judge_share,
        "base_share": one.base_share, "items_per_week": one.items_per_week,
    }  # fmt: skip  # pairs, read as a table
    policy, _ = SamplingPolicy.objects.update_or_create(feature=feature, defaults=values)
    policy.shares = {**policy.shares, **one.shares}
    policy.save(update_fields=["shares"])
    JudgeWatch.objects.get_or_create(feature=feature, defaults={"seen_until": now})
    if not Guideline.objects.filter(feature=feature).exists():
        by = User.objects.get(email=one.guideline_by)
        write_guideline(by=by, feature=feature, text=one.guideline, note=one.guideline_note)
    return policy


def _may_be_drawn(policy: SamplingPolicy, call: Answered) -> bool:
    most = max(policy.base_share, *wanted().shares.values())
    return chance(policy.feature.slug, call.id) < most


def _verdicts(policy: SamplingPolicy, calls: Iterable[Answered]) -> dict[tuple[int, str], Said]:
    """What the judge says, asked once about answers that are the same."""
    seat = live_judge.seat_of(live_judge.entry_of(policy))
    return asyncio.run(_asked(seat, {call.alike: call for call in calls}))


async def _asked(seat: Seat, calls: Mapping[tuple[int, str], Answered]) -> dict[tuple[int, str], Said]:
    provider = Simulated({**seat.model.provider.settings, "time_scale": 0.0})
    found = {}
    for alike, call in calls.items():
        golden = Golden(inputs=call.inputs, category=call.category, locale=call.locale)
        asked = questions(seat, golden, {"output": call.output}, times=1)
        if isinstance(asked, Judgement):
            continue
        reply = await provider.chat(asked[0].request, timeout=60)
        said = judgement([_heard(reply.text, seat)], pass_at=seat.pass_at)
        found[alike] = Said(said, cost(reply.usage, seat.price))
    return found


def _heard(text: str, seat: Seat) -> Heard:
    try:
        return Heard(read(text, seat.kind))
    except Garbled as garbled:
        return Heard(None, str(garbled))


def _drawn(
    policy: SamplingPolicy,
    calls: Iterable[Answered],
    chosen: set[str],
    verdicts: Mapping[tuple[int, str], Said],
    since: datetime,
) -> dict[str, tuple[Stratum, float]]:
    """By call the stratum and the share that it was drawn with."""
    found = {}
    for call in calls:
        said = verdicts.get(call.alike)
        stratum, share = Stratum.RANDOM, policy.base_share
        if call.id in chosen and said and said.judgement.passed is False:
            stratum, share = Stratum.JUDGE_FAIL, wanted().shares[Stratum.JUDGE_FAIL]
        if call.arm == "candidate":
            stratum, share = Stratum.CANARY, wanted().shares[Stratum.CANARY]
        if call.at >= since and chance(policy.feature.slug, call.id) < share:
            found[call.id] = (stratum, share)
    return found


def _judge(
    policy: SamplingPolicy,
    calls: Iterable[Answered],
    chosen: set[str],
    verdicts: Mapping[tuple[int, str], Said],
) -> None:
    """Verdicts, and what they cost on each day."""
    digest = digest_of(live_judge.entry_of(policy))
    bills: defaultdict[datetime, list[Decimal]] = defaultdict(list)
    rows = []
    for call in calls:
        said = verdicts.get(call.alike)
        if said is None or said.judgement.passed is None:
            continue
        bills[call.at.replace(hour=12, minute=0, second=0, microsecond=0)].append(said.cost)
        rows.append(
            JudgedCall(
                feature=policy.feature, call_id=call.id, at=call.at, tenant=call.tenant, locale=call.locale,
                category=call.category, approach_name=call.version, version_id=call.version_id,
                version_number=call.number, model=call.model, arm=call.arm,
                judge_version=policy.judge_version, judge_model=policy.judge_model, digest=digest,
                probability=policy.judge_share, is_random=call.id in chosen, state=JudgedCall.State.JUDGED,
                value=said.judgement.value, passed=said.judgement.passed, reason=said.judgement.reason,
                cost=said.cost, chosen_at=call.at, judged_at=call.at + timedelta(minutes=2),
            )
        )  # fmt: skip  # arguments by what they belong to
    JudgedCall.objects.bulk_create(rows, batch_size=1000)
    for at, costs in bills.items():
        bill = Bill("judge", wanted().model, sum(costs, ZERO), calls=len(costs))
        inside.add_up(policy.feature.slug, [bill], at)


def _begin(past: Past, people: list[User]) -> list[Feature]:
    """A few grades of another feature: too few for a number."""
    begun = wanted().begun
    feature = Feature.objects.filter(slug=begun.feature).first()
    if feature is None or not people:
        return []
    policy, _ = SamplingPolicy.objects.get_or_create(feature=feature)
    able = people[0].languages
    calls = [call for call in whole(feature.slug) if language_of(call.locale) in able][: begun.graded]
    drawn = {call.id: (Stratum.RANDOM, policy.base_share) for call in calls}
    grade(Desk(policy, people, {}, past.now), calls, drawn, 0)
    return [feature]
