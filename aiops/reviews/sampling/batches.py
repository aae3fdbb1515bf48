"""The sampler: an hour of a feature's calls at a time, in one transaction, each hour once.

Strata and shares follow from the calls' facts and counts; then chance, which is of the id alone, says which
calls are drawn. What is said of a call after its hour was drawn (a thumb down, a verdict) comes with a later
one: a call that was in already keeps the greater of its chances.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Q

from aiops.core import clock
from aiops.gateway.models import Call
from aiops.reviews import making
from aiops.reviews.models import TAIL, ReviewItem, SamplingBatch, SamplingPolicy, Stratum
from aiops.reviews.sampling import novelty, reading
from aiops.reviews.sampling.chance import chance
from aiops.reviews.sampling.shares import Week, batch_shares
from aiops.reviews.sampling.strata import Learnt, Seen, Usual, stratum_of, traits
from aiops.reviews.weeks import WEEK, begins, monday

HOUR = timedelta(hours=1)
LAG = timedelta(minutes=15)  # records come in batches, from spools of dead processes later than others
FIRST = timedelta(days=1)  # what a new policy begins with
BEHIND = timedelta(days=7)  # of hours that nobody drew, older ones are left out
DRAWN = (Stratum.RANDOM, *TAIL)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A call that is to be graded. `chance` over its `share` is the same game for all strata."""

    at: datetime
    id: str
    stratum: Stratum
    share: float
    chance: float
    is_random: bool


def draw_next(policy_id: int) -> bool:
    """Draw the next hour of a feature; False where none is over yet, or somebody else draws."""
    with transaction.atomic():
        rows = SamplingPolicy.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        policy = rows.select_related("feature").filter(pk=policy_id, on=True).first()
        if policy is None or (since := next_hour(policy)) is None:
            return False
        _draw(policy, since)
        return True


def next_hour(policy: SamplingPolicy) -> datetime | None:
    """When the first hour begins that was not drawn yet; None until it is over, and its records are in."""
    now = clock.now()
    last = now.replace(minute=0, second=0, microsecond=0)
    done = SamplingBatch.objects.filter(feature=policy.feature_id, late=False).aggregate(at=Max("until"))[
        "at"
    ]
    since = max(done or last - FIRST, last - BEHIND)
    return since if since + HOUR + LAG <= now else None


def skip_to(policy: SamplingPolicy, until: datetime) -> None:
    """Nothing before `until` is drawn: it was switched off then."""
    hour = until.replace(minute=0, second=0, microsecond=0)
    SamplingBatch.objects.get_or_create(
        feature=policy.feature,
        until=hour,
        stratum=Stratum.RANDOM,
        late=False,
        defaults={"since": hour - HOUR, "population": 0, "share": 0.0, "drawn": 0},
    )


def _draw(policy: SamplingPolicy, since: datetime) -> None:
    slug, until = policy.feature.slug, since + HOUR
    usual = reading.usual(slug, since)
    calls = reading.seen(reading.eligible(slug).filter(at__gte=since, at__lt=until).order_by())
    learnt = reading.learnt(slug, since, until, until + LAG)
    if calls and policy.shares.get(Stratum.NEW_TOPIC, 0) > policy.base_share:
        new = novelty.new_topics(slug, since, until)
        learnt = Learnt(learnt.thumbs_down, learnt.judge_fail, learnt.judge_unsure, new)
    _store(policy, since, calls, _strata(policy, calls, usual, learnt), late=False)
    calls, learnt = reading.learnt_late(slug, since + LAG, until + LAG, since)
    if calls:
        _store(policy, since, calls, _strata(policy, calls, usual, learnt), late=True)


def _strata(
    policy: SamplingPolicy, calls: Iterable[Seen], usual: Usual, learnt: Learnt
) -> dict[str, Stratum]:
    """By call its stratum, as the policy asks for it: what the week has room for changes none."""
    base = policy.base_share
    return {call.id: stratum_of(traits(call, usual, learnt), policy.shares, base) for call in calls}


def _store(
    policy: SamplingPolicy, since: datetime, calls: list[Seen], strata: Mapping[str, Stratum], *, late: bool
) -> None:
    if late:  # of these the base share was drawn with their own hour
        calls = [call for call in calls if strata[call.id] != Stratum.RANDOM]
    counts = Counter(strata[call.id] for call in calls)
    week = week_of(policy, since, len(calls), late=late)
    shares = batch_shares(counts, policy.shares, 0.0 if late else policy.base_share, week)
    drawn = within(list(_drawn(policy.feature.slug, calls, strata, shares, late=late)), week)
    _keep(policy, drawn, monday(since))
    found = Counter(one.stratum for one in drawn)
    SamplingBatch.objects.bulk_create(
        SamplingBatch(
            feature=policy.feature,
            stratum=stratum,
            since=since,
            until=since + HOUR,
            late=late,
            population=counts[stratum],
            share=shares[stratum],
            drawn=found[stratum],
        )
        for stratum in shares
        if counts[stratum] or (stratum == Stratum.RANDOM and not late)
    )


def week_of(policy: SamplingPolicy, since: datetime, calls: int, *, late: bool = False) -> Week:
    """How the week stands before the hour from `since` on, which has so many `calls`."""
    feature, week = policy.feature, monday(since)
    rows = ReviewItem.objects.filter(feature=feature, week=week, stratum__in=DRAWN, round=None)
    items = rows.aggregate(drawn=Count("pk"), random=Count("pk", filter=Q(is_random=True)))
    until, ends = since + HOUR, begins(week) + WEEK
    if late:  # as much in each hour to come
        return Week(policy.items_per_week, 0, items["drawn"], ahead=calls * ((ends - until) / HOUR))
    ahead = float(reading.hours_counted(feature.slug, until - WEEK, ends - WEEK))
    before = reading.hours_counted(feature.slug, begins(week) - WEEK, until - WEEK)
    lately = reading.hours_counted(feature.slug, begins(week), until)
    if ahead and before and lately:  # as last week, but for how busy this one is
        ahead *= min(5.0, max(0.2, lately / before))
    elif not ahead:
        ahead = calls * (ends - until) / HOUR
    return Week(policy.items_per_week, policy.weekly_minimum, items["drawn"], items["random"], ahead)


def _drawn(
    slug: str,
    calls: Iterable[Seen],
    strata: Mapping[str, Stratum],
    shares: Mapping[Stratum, float],
    *,
    late: bool,
) -> Iterable[Drawn]:
    least = 0.0 if late else shares[Stratum.RANDOM]
    for call in calls:
        number, stratum = chance(slug, call.id), strata[call.id]
        if number < shares[stratum]:
            yield Drawn(call.at, call.id, stratum, shares[stratum], number, number < least)


def within(drawn: list[Drawn], week: Week) -> list[Drawn]:
    """No more than the week has room for, where chance brought more; all chances are lowered alike."""
    room = max(0, week.budget - week.drawn)
    if len(drawn) <= room:
        return drawn
    kept = sorted(drawn, key=lambda one: one.chance / one.share)[:room]
    part = room / len(drawn)
    return [Drawn(one.at, one.id, one.stratum, one.share * part, one.chance, one.is_random) for one in kept]


def _keep(policy: SamplingPolicy, drawn: list[Drawn], week: object) -> None:
    """New items in the order of chance; what is in the queue already takes the greater chance over."""
    rows = ReviewItem.objects.filter(
        source=ReviewItem.Source.CALL, round=None, source_id__in=[one.id for one in drawn]
    )
    there = {item.source_id: item for item in rows.select_for_update(no_key=True)}
    for one in drawn:
        if one.id in there:
            _raise(there[one.id], one)
    new = {one.id: one for one in drawn if one.id not in there}
    keys = [(one.at, one.id) for one in new.values()]
    calls = {call.id: call for call in Call.objects.filter(pk__in=keys).order_by()} if keys else {}
    maker = making.Maker.of(policy.feature)
    making.save(
        maker.of_call(calls[one.id], one.stratum, probability=one.share, is_random=one.is_random, week=week)
        for one in sorted(new.values(), key=lambda one: one.chance)
        if one.id in calls
    )


def _raise(item: ReviewItem, one: Drawn) -> None:
    chosen = item.stratum not in DRAWN  # by hand, before it was drawn: it would have been drawn all the same
    if chosen or one.share > item.probability:
        item.stratum, item.probability = one.stratum, one.share
        item.is_random = item.is_random or one.is_random
        item.save(update_fields=["stratum", "probability", "is_random"])
