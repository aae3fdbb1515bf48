"""What the database refuses, whoever asks: seats beyond k, grades without their seat, silent changes."""

import uuid

import pytest
from django.db import IntegrityError, connection

from aiops.core import clock
from aiops.reviews.models import Grade, GradeEdit, Guideline, Seat
from tests.factories import make_feature, make_review_grade, make_review_item, make_user

pytestmark = pytest.mark.django_db


def held(seat, person):
    """Values of a seat that `person` holds."""
    values = {"state": "claimed", "reviewer": person, "token": uuid.uuid4(), "claimed_at": clock.now()}
    return Seat.objects.filter(pk=seat.pk).update(**values, lease_until=clock.now())


@pytest.fixture
def pair():
    """An item with two free seats."""
    item = make_review_item(seats=2)
    return list(item.places.order_by("number"))


def test_a_seat_beyond_k_is_refused(pair):
    with pytest.raises(IntegrityError, match="has 2 seats, and no number 3"):
        Seat.objects.create(item=pair[0].item, number=3, feature=make_feature())


def test_k_goes_no_lower_than_its_seats(pair):
    pair[0].item.seats = 1
    with pytest.raises(IntegrityError, match="has more than 1 seats"):
        pair[0].item.save()


def test_a_seat_takes_feature_and_language_from_its_item():
    item = make_review_item(language="ja", seats=1)
    seat = item.places.get()
    assert (seat.feature_id, seat.language) == (item.feature_id, "ja")


def test_nobody_holds_two_seats_of_an_item(pair):
    person = make_user()
    held(pair[0], person)
    with pytest.raises(IntegrityError, match="reviews_seat_one_each"):
        held(pair[1], person)


def test_a_graded_seat_without_its_grade_is_refused_at_commit(pair):
    held(pair[0], make_user())
    Seat.objects.filter(pk=pair[0].pk).update(state="graded", lease_until=None, graded_at=clock.now())
    with pytest.raises(IntegrityError, match="is graded, without a grade"):
        connection.check_constraints()


def test_a_grade_of_somebody_elses_seat_is_refused(pair):
    held(pair[0], make_user())
    said = {"scale": "pass_fail", "raw": 1, "value": 1.0, "passed": True}
    with pytest.raises(IntegrityError, match="is not this person's, or not graded"):
        Grade.objects.create(seat=pair[0], item=pair[0].item, reviewer=make_user(), **said)


def test_a_seat_with_a_grade_stays_graded():
    grade = make_review_grade()
    free = {"reviewer": None, "token": None, "claimed_at": None, "graded_at": None}
    with pytest.raises(IntegrityError, match="has a grade"):
        Seat.objects.filter(pk=grade.seat_id).update(state="free", **free)


@pytest.mark.parametrize(
    ("scale", "raw", "value", "passed"),
    [
        ("pass_fail", 1, 1.0, False),
        ("pass_fail", 2, 1.0, True),
        ("one_to_five", 3, 0.5, True),
        ("one_to_five", 6, 1.25, True),
        ("one_to_five", 4, 0.8, True),
    ],
)
def test_a_grade_off_its_scale_is_refused(scale, raw, value, passed):
    with pytest.raises(IntegrityError, match="reviews_grade_on_its_scale"):
        make_review_grade(scale=scale, raw=raw, value=value, passed=passed)


def test_a_change_past_the_application_is_in_the_history_too():
    grade = make_review_grade(raw=1)
    Grade.objects.filter(pk=grade.pk).update(raw=0, value=0, passed=False)
    edit = GradeEdit.objects.get()
    assert (edit.before["raw"], edit.after["raw"], edit.by, edit.reviewer_id) == (1, 0, "", grade.reviewer_id)


def test_an_update_that_changes_nothing_is_no_edit():
    grade = make_review_grade()
    grade.save()
    assert not GradeEdit.objects.exists()


def test_the_history_stays():
    Grade.objects.filter(pk=make_review_grade().pk).update(comment="so what")
    with pytest.raises(IntegrityError, match="append-only"):
        GradeEdit.objects.all().delete()


def test_a_guideline_stays_as_it_was():
    guideline = Guideline.objects.create(feature=make_feature(), number=1, text="Be strict.")
    with pytest.raises(IntegrityError, match="append-only"):
        Guideline.objects.filter(pk=guideline.pk).update(text="Be kind.")
