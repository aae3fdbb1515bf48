"""What the reviewers of the demo did together: a third person decides where two differ, a calibration round,
known answers, and how far they agree by all that.

By the actions that people use; then moved to the days when it happened.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from aiops.accounts.models import User
from aiops.core.errors import InvalidInput
from aiops.demo import judging, served
from aiops.demo.grading import TASTE
from aiops.demo.history import triggers_off
from aiops.demo.judged_grades import REASONS, Problem, problems
from aiops.features.models import Feature
from aiops.providers.simulated.draws import fraction
from aiops.reviews import actions as reviews
from aiops.reviews import agreed, claiming
from aiops.reviews.models import CalibrationRound, Grade, ReviewItem, Seat
from aiops.reviews.settling import differ

LEAD = "product@demo"
TITLE = "Before the larger sample"
UNDECIDED = 3  # of the newest that two see differently, which still wait for a third
PROBES = 4
_OTHERWISE = 0.12  # the share of a round's grades in which a person sees it otherwise
_ROUND = timedelta(days=9)  # before loading
_EACH = timedelta(seconds=24)
Seen = Mapping[tuple[int, str], Problem]


def agree(now: datetime) -> None:
    """Once, where people have graded."""
    one = judging.wanted()
    feature = Feature.objects.filter(slug=one.feature).first()
    lead = User.objects.filter(email=LEAD).first()
    done = CalibrationRound.objects.exists() or not Grade.objects.filter(item__feature=feature).exists()
    if feature is None or lead is None or done:
        return
    people = list(User.objects.filter(email__in=one.by).order_by("email"))
    with transaction.atomic(), triggers_off(Grade, Seat, ReviewItem):
        seen = problems(feature.slug, one.model)
        _decide(feature, lead, seen, now)
        _calibrate(feature, lead, people, seen, now)
        _know(feature, lead)
    for graded in Feature.objects.filter(slug__in=(one.feature, one.begun.feature)):
        agreed.reckoned(graded, now=now)


def _decide(feature: Feature, third: User, seen: Seen, now: datetime) -> None:
    waiting = ReviewItem.objects.filter(feature=feature, state=ReviewItem.State.ADJUDICATE)
    for item in list(waiting.order_by("-source_at"))[UNDECIDED:]:
        last = Grade.objects.filter(item=item).aggregate(at=Max("at"))["at"] or now
        if _grade(item, third, seen.get(_alike(item)), min(now, last + timedelta(hours=20))):
            ReviewItem.objects.filter(pk=item.pk).update(done_at=min(now, last + timedelta(hours=20)))


def _calibrate(feature: Feature, lead: User, people: list[User], seen: Seen, now: datetime) -> None:
    """A round that everybody graded, so that it closed; where enough outputs are left for one."""
    try:
        opened = reviews.start_round(by=lead, feature=feature, people=people, title=TITLE)
    except InvalidInput:
        return
    began = now - _ROUND
    items = list(ReviewItem.objects.filter(round=opened).order_by("id"))
    for place, item in enumerate(items):
        for person in people:
            _grade(item, person, _opinion(person, item, seen), began + place * _EACH)
    CalibrationRound.objects.filter(pk=opened.pk).update(opened_at=began, closed_at=began + timedelta(days=1))
    ReviewItem.objects.filter(round=opened).update(created_at=began, done_at=began + timedelta(hours=1))


def _know(feature: Feature, lead: User) -> None:
    """Some of what two people said alike becomes a known answer."""
    doubled = ReviewItem.objects.filter(
        feature=feature, round=None, state=ReviewItem.State.DONE, seats__gte=2, output__isnull=False
    )
    alike = [
        item
        for item in doubled.prefetch_related("grades").order_by("-id")
        if item.grades.count() == item.seats and not differ([grade.value for grade in item.grades.all()])
    ]
    for item in alike[:PROBES]:
        reviews.add_probe(by=lead, item=item)


def _opinion(person: User, item: ReviewItem, seen: Seen) -> Problem | None:
    found = seen.get(_alike(item))
    if fraction("round", person.email, item.source_id) < _OTHERWISE:
        return None if found else ("", TASTE)
    return found


def _alike(item: ReviewItem) -> tuple[int, str]:
    return item.version_id or 0, served.asked_for(item.inputs or {})


def _grade(item: ReviewItem, person: User, why: Problem | None, at: datetime) -> bool:
    """Whether the person could."""
    seat = claiming.claim_next(person, item_id=item.pk)
    if seat is None or seat.token is None:
        return False
    reasons = [REASONS[why[0]]] if why and why[0] else []
    grade = reviews.submit_grade(
        by=person, seat=seat, token=seat.token, raw=int(why is None), reasons=reasons,
        comment=why[1] if why else "", seconds=12 + 18 * fraction("seconds", person.email, item.source_id),
    )  # fmt: skip  # arguments by what they belong to
    Grade.objects.filter(pk=grade.pk).update(at=at)
    Seat.objects.filter(pk=seat.pk).update(claimed_at=at - _EACH, graded_at=at)
    return True
