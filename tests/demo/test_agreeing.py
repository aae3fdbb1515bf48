"""What the demo's reviewers did together can be read on the pages of agreement."""

from datetime import timedelta

import pytest

from aiops.core import clock
from aiops.demo import agreeing, judging
from aiops.reviews import actions as reviews
from aiops.reviews import claiming
from aiops.reviews.models import AgreementReport, CalibrationRound, Grade, GradeEdit, ReviewItem
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def graded(person, item, raw):
    seat = claiming.claim_next(person, item_id=item.pk)
    reviews.submit_grade(by=person, seat=seat, token=seat.token, raw=raw)


def test_two_reviewers_are_compared_a_third_decides_and_some_answers_are_known():
    one = judging.wanted()
    now, feature = clock.now(), factories.make_feature(slug=one.feature)
    people = [factories.make_user(email=email, roles=["reviewer"], languages=["en"]) for email in one.by]
    third = factories.make_user(email=agreeing.LEAD, roles=["product"], languages=["en"])
    for place in range(9):  # of which two people see five differently
        item = factories.make_review_item(feature=feature, seats=2)
        for person, raw in zip(people, (1, int(place < 4)), strict=True):
            graded(person, item, raw)
    for _ in range(6):
        factories.make_review_item(feature=feature)
    agreeing.agree(now)
    agreeing.agree(now)

    assert ReviewItem.objects.filter(state="adjudicate", round=None).count() == agreeing.UNDECIDED
    assert Grade.objects.filter(reviewer=third).count() == 2
    opened, gold = CalibrationRound.objects.order_by("kind")
    assert (opened.title, opened.closed_at - opened.opened_at) == (agreeing.TITLE, timedelta(days=1))
    assert Grade.objects.filter(item__round=opened, at__lt=now - timedelta(days=8)).count() == 12
    assert ReviewItem.objects.filter(round=gold, gold__isnull=False).count() == agreeing.PROBES
    assert AgreementReport.objects.get().feature == feature
    assert not GradeEdit.objects.exists()


def test_without_grades_there_is_nothing_to_compare():
    factories.make_user(email=agreeing.LEAD, roles=["product"])
    factories.make_feature(slug=judging.wanted().feature)
    agreeing.agree(clock.now())
    assert not AgreementReport.objects.exists()
