"""What follows from a grade: a second person, a third one, the end."""

import pytest

from aiops.core import clock
from aiops.reviews import judged, steps
from aiops.reviews.models import JudgedCall, ReviewItem, Seat
from tests.factories import make_model, make_review_grade, make_review_item, make_user, make_version

pytestmark = pytest.mark.django_db
State = ReviewItem.State


def graded(item, *raws):
    """The item after a grade of new people each, in order."""
    for raw in raws:
        make_review_grade(item=item, raw=raw)
        item = steps.move_on(item)
    return item


def judge_says(item, *, passed, digest="d"):
    """The live judge's verdict on the call of `item`."""
    JudgedCall.objects.create(
        feature=item.feature, call_id=item.source_id, at=item.source_at, judge_version=make_version(),
        judge_model=make_model(), digest=digest, probability=1, state="judged", value=float(passed),
        passed=passed, judged_at=clock.now(),
    )  # fmt: skip  # arguments by what they belong to


def thirds(item):
    return list(item.places.filter(role="adjudicate").values_list("state", flat=True))


def test_one_grade_ends_an_item_of_one_seat():
    item = graded(make_review_item(), 1)
    assert (item.state, item.done_at is not None, item.seats) == (State.DONE, True, 1)


def test_an_item_waits_for_its_second_grade():
    assert graded(make_review_item(seats=2), 1).state == State.OPEN


def test_people_who_differ_are_decided_over_by_a_third():
    item = graded(make_review_item(seats=2), 1, 0)
    assert (item.state, item.done_at, thirds(item)) == (State.ADJUDICATE, None, ["free"])
    third = item.places.get(role="adjudicate")
    assert (third.rank, third.feature_id, third.language) == (Seat.Rank.ADJUDICATE, item.feature_id, "en")
    item = graded(item, 1)
    assert (item.state, thirds(item)) == (State.DONE, ["graded"])


def test_a_judge_who_differs_brings_a_second_person_who_ends_it():
    item = make_review_item()
    judge_says(item, passed=False)
    item = graded(item, 1)
    assert (item.state, item.seats) == (State.OPEN, 2)
    item = graded(item, 1)
    assert (item.state, thirds(item)) == (State.DONE, [])


def test_a_judge_who_agrees_brings_nobody():
    item = make_review_item()
    judge_says(item, passed=True)
    assert graded(item, 1).state == State.DONE


def test_who_changes_their_mind_needs_no_third_person_any_more():
    item = graded(make_review_item(seats=2), 1, 0)
    item.grades.filter(raw=0).update(raw=1, value=1, passed=True)
    assert (steps.move_on(item).state, thirds(item)) == (State.DONE, [])


def test_a_third_person_who_is_at_it_finishes():
    item = graded(make_review_item(seats=2), 1, 0)
    now = clock.now()
    item.places.filter(role="adjudicate").update(
        state="claimed", reviewer=make_user(), token="9" * 32, claimed_at=now, lease_until=now
    )
    item.grades.filter(raw=0).update(raw=1, value=1, passed=True)
    assert (steps.move_on(item).state, thirds(item)) == (State.ADJUDICATE, ["claimed"])


def test_what_was_withdrawn_stays_so():
    item = make_review_item(state=State.WITHDRAWN, done_at=clock.now())
    assert steps.move_on(item).state == State.WITHDRAWN


def test_a_verdict_that_comes_late_is_found_and_brings_a_second_person():
    item = graded(make_review_item(), 1)
    judge_says(item, passed=True)
    since = item.done_at
    assert list(judged.differing(since)) == []
    judge_says(item, passed=False, digest="another")
    assert [steps.move_on(one).state for one in judged.differing(since)] == [State.OPEN]
