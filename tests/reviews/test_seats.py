"""Who gets which item, and what a token is good for."""

import uuid
from datetime import timedelta

import pytest

from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.reviews import actions, claiming
from aiops.reviews.models import Grade, GradeEdit, ReviewItem, Seat, Skip
from tests.factories import make_feature, make_review_grade, make_review_item, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer():
    return make_user(roles=["reviewer"], languages=["en"])


def another(**values):
    return make_user(**{"roles": ["reviewer"], "languages": ["en"], **values})


def lapse(seat):
    """The page of `seat` has died long ago."""
    Seat.objects.filter(pk=seat.pk).update(lease_until=clock.now() - timedelta(hours=1))


def submitted(seat, raw=1, **values):
    return actions.submit_grade(by=seat.reviewer, seat=seat, token=seat.token, raw=raw, **values)


def test_the_oldest_item_comes_first_and_a_loaded_page_shows_it_again(reviewer):
    first = make_review_item()
    make_review_item()
    seat = claiming.claim_next(reviewer)
    again = claiming.claim_next(reviewer)
    assert (seat.item, again.pk, again.token) == (first, seat.pk, seat.token)


def test_two_people_get_two_items(reviewer):
    items = [make_review_item(), make_review_item()]
    assert [claiming.claim_next(one).item for one in (reviewer, another())] == items


def test_k_people_get_an_item_and_no_more(reviewer):
    item = make_review_item(seats=2)
    got = [claiming.claim_next(one) for one in (reviewer, another(), another())]
    assert [seat and seat.item for seat in got] == [item, item, None]


def test_nobody_grades_an_item_twice(reviewer):
    make_review_item(seats=2)
    submitted(claiming.claim_next(reviewer))
    assert claiming.claim_next(reviewer) is None


def test_a_dead_pages_item_goes_to_the_next_one_and_its_token_writes_nothing(reviewer):
    make_review_item()
    dead = claiming.claim_next(reviewer)
    lapse(dead)
    seat = claiming.claim_next(another())
    assert seat.pk == dead.pk
    with pytest.raises(Conflict, match="somebody else got it"):
        submitted(dead)
    assert claiming.keep(dead.pk, dead.token) is None
    assert not Grade.objects.exists()


def test_a_lease_that_ran_out_is_good_until_the_seat_is_given_on(reviewer):
    make_review_item()
    seat = claiming.claim_next(reviewer)
    lapse(seat)
    assert submitted(seat).passed


def test_a_sign_of_life_keeps_the_seat(reviewer):
    make_review_item()
    seat = claiming.claim_next(reviewer, lease=1)
    assert claiming.keep(seat.pk, seat.token) > clock.now() + timedelta(minutes=4)
    assert claiming.claim_next(another()) is None


def test_a_page_that_is_left_gives_its_seat_back(reviewer):
    make_review_item()
    seat = claiming.claim_next(reviewer)
    assert claiming.give_back(seat.pk, seat.token)
    assert not claiming.give_back(seat.pk, seat.token)
    assert claiming.claim_next(another()).pk == seat.pk


def test_items_go_to_those_who_read_their_language(reviewer):
    make_review_item(language="ja")
    unknown = make_review_item(language="")
    assert claiming.claim_next(reviewer).item == unknown
    assert claiming.claim_next(another(languages=["fr", "ja"])).item.language == "ja"


@pytest.mark.parametrize(
    "values",
    [
        {"state": "withdrawn", "done_at": clock.now()},
        {"state": "done", "done_at": clock.now()},
        {"output": None},
    ],
)
def test_what_is_over_or_gone_is_given_to_nobody(values, reviewer):
    make_review_item(**values)
    assert claiming.claim_next(reviewer) is None


def test_a_feature_or_an_item_can_be_asked_for(reviewer):
    make_review_item()
    wanted, urgent = make_review_item(), make_review_item(feature=make_feature(slug="other"))
    other = another()
    assert claiming.claim_next(reviewer, item_id=wanted.pk).item == wanted
    assert claiming.claim_next(other, feature_id=urgent.feature_id).item == urgent


def test_what_is_reserved_comes_first_for_its_person_and_never_for_others(reviewer):
    make_review_item()
    kept = make_review_item()
    kept.places.update(reserved_for=reviewer)
    others = [claiming.claim_next(another()), claiming.claim_next(another())]
    assert claiming.claim_next(reviewer).item == kept
    assert others[1] is None


@pytest.mark.parametrize("why", ["at it already", "skipped", "left"])
def test_what_is_kept_for_somebody_who_cannot_have_it_is_for_all(why, reviewer):
    """They may have come to the item by another seat while this one was being kept for them."""
    item, gone = make_review_item(seats=2), another()
    if why == "at it already":
        submitted(claiming.claim_next(gone))
    elif why == "skipped":
        Skip.objects.create(item=item, reviewer=gone, why="other")
    else:
        gone.is_active = False
        gone.save()
    item.places.filter(state="free").update(reserved_for=gone)
    assert claiming.claim_next(reviewer).item == item


def test_a_seat_of_a_round_stays_its_persons(reviewer):
    item = make_review_item()
    copy = make_review_item(feature=item.feature, round=item.feature.rounds.create(), seats=1)
    gone = another(is_active=False)
    copy.places.update(reserved_for=gone)
    assert claiming.claim_next(reviewer, item_id=copy.pk) is None


def test_what_is_urgent_comes_first(reviewer):
    make_review_item()
    urgent = make_review_item()
    urgent.places.update(rank=Seat.Rank.URGENT)
    assert claiming.claim_next(reviewer).item == urgent


def test_a_grade_is_stored_with_what_it_says(reviewer):
    make_review_item(scale="one_to_five")
    grade = submitted(
        claiming.claim_next(reviewer), 3, reasons=["tone", "wrong"], comment=" Rude. ",
        corrected_output="Hi.", seconds=9_000,
    )  # fmt: skip  # one argument after the other
    grade.refresh_from_db()
    assert (grade.value, grade.passed, grade.reasons, grade.comment) == (
        0.5,
        False,
        ["wrong", "tone"],
        "Rude.",
    )
    assert (grade.corrected_output, grade.seconds) == ("Hi.", 3600)
    assert ReviewItem.objects.get().state == "done"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"raw": 2}, "2 is no grade here: pass or fail."),
        ({"reasons": ["boring"]}, "There is no reason “boring”."),
        ({"comment": "x" * 5001}, "The comment has 5,001 characters, at most 5,000."),
        ({"corrected_output": "x" * 100_001}, "The better answer has 100,001 characters, at most 100,000."),
    ],
)
def test_a_grade_off_the_scale_is_refused_and_the_seat_still_held(values, words, reviewer):
    make_review_item()
    seat = claiming.claim_next(reviewer)
    with pytest.raises(InvalidInput) as refused:
        submitted(seat, **values)
    assert str(refused.value) == words
    assert claiming.keep(seat.pk, seat.token)


def test_a_grade_that_is_sent_again_is_the_same_one(reviewer):
    make_review_item()
    seat = claiming.claim_next(reviewer)
    assert submitted(seat, 0, reasons=["wrong"]) == submitted(seat, 0, reasons=["wrong"])
    with pytest.raises(Conflict, match="graded this item already"):
        submitted(seat, 1)


def test_another_token_or_another_person_grades_nothing(reviewer):
    make_review_item()
    seat = claiming.claim_next(reviewer)
    for by, token in ((reviewer, uuid.uuid4()), (another(), seat.token)):
        with pytest.raises(Conflict):
            actions.submit_grade(by=by, seat=seat, token=token, raw=1)


def test_who_may_not_grade_is_refused():
    make_review_item()
    seat = claiming.claim_next(make_user(roles=["viewer"], languages=["en"]))
    with pytest.raises(NotAllowed):
        submitted(seat)


def test_undo_gives_the_item_back_and_the_history_keeps_what_was_said(reviewer):
    make_review_item()
    grade = submitted(claiming.claim_next(reviewer), 0)
    seat = actions.undo_grade(by=reviewer, grade=grade)
    assert (seat.state, seat.item.state, Grade.objects.count()) == ("claimed", "open", 0)
    edit = GradeEdit.objects.get()
    assert (edit.before["raw"], edit.after, edit.by, edit.reason) == (0, None, reviewer.email, "undone")
    assert submitted(seat, 1).passed


def test_undo_is_for_ones_own_late_slips_only(reviewer):
    make_review_item()
    grade = submitted(claiming.claim_next(reviewer))
    with pytest.raises(NotAllowed):
        actions.undo_grade(by=another(), grade=grade)
    Grade.objects.update(at=clock.now() - timedelta(hours=1))
    with pytest.raises(Conflict, match="more than half an hour ago"):
        actions.undo_grade(by=reviewer, grade=grade)


def test_undo_of_what_is_gone_or_withdrawn_is_refused(reviewer, user):
    make_review_item()
    grade = submitted(claiming.claim_next(reviewer))
    actions.withdraw_item(by=user, item=grade.item, reason="A test call.")
    with pytest.raises(Conflict, match="withdrawn"):
        actions.undo_grade(by=reviewer, grade=grade)
    with pytest.raises(Conflict, match="taken back already"):
        actions.undo_grade(by=reviewer, grade=Grade(pk=999, item=ReviewItem.objects.get()))


def test_a_grade_stays_once_a_third_person_is_at_the_item(reviewer):
    make_review_item(seats=2)
    grade = submitted(claiming.claim_next(reviewer), 1)
    submitted(claiming.claim_next(another()), 0)
    third = claiming.claim_next(another())
    assert third.role == "adjudicate"
    with pytest.raises(Conflict, match="A third person"):
        actions.undo_grade(by=reviewer, grade=grade)


def test_undo_of_a_disagreement_takes_the_third_seat_away(reviewer):
    item = make_review_item(seats=2)
    submitted(claiming.claim_next(reviewer), 1)
    last = submitted(claiming.claim_next(another()), 0)
    actions.undo_grade(by=last.reviewer, grade=last)
    assert not item.places.filter(role="adjudicate").exists()


def test_a_change_of_mind_needs_a_reason_and_stays_in_the_history(reviewer):
    make_review_item()
    grade = submitted(claiming.claim_next(reviewer), 1)
    with pytest.raises(InvalidInput, match="Say why"):
        actions.change_grade(by=reviewer, grade=grade, raw=0, reason=" ")
    changed = actions.change_grade(by=reviewer, grade=grade, raw=0, reasons=["tone"], reason="It is rude.")
    edit = GradeEdit.objects.get()
    assert (changed.passed, edit.before["raw"], edit.after["raw"]) == (False, 1, 0)
    assert (edit.by, edit.reason) == (reviewer.email, "It is rude.")


def test_a_grade_that_was_compared_already_is_not_changed(reviewer):
    item = make_review_item()
    opened = item.feature.rounds.create(closed_at=clock.now())
    for copy in (
        make_review_item(feature=item.feature, round=opened),
        make_review_item(feature=item.feature, round=opened, gold={"raw": 1}),
    ):
        grade = make_review_grade(item=copy, reviewer=reviewer)
        with pytest.raises(Conflict, match="compared"):
            actions.change_grade(by=reviewer, grade=grade, raw=0, reason="I see it now.")


def test_a_skipped_item_goes_to_others_and_never_back(reviewer):
    item = make_review_item()
    seat = claiming.claim_next(reviewer)
    skip = actions.skip_item(by=reviewer, seat=seat, token=seat.token, why="unclear", comment="Which year?")
    assert (skip.item, skip.comment) == (item, "Which year?")
    assert claiming.claim_next(reviewer) is None
    assert claiming.claim_next(another()).item == item


def test_a_skip_has_a_reason_and_a_seat(reviewer):
    make_review_item()
    seat = claiming.claim_next(reviewer)
    with pytest.raises(InvalidInput, match="Choose why"):
        actions.skip_item(by=reviewer, seat=seat, token=seat.token, why="")
    with pytest.raises(Conflict, match="no longer hold"):
        actions.skip_item(by=reviewer, seat=seat, token=uuid.uuid4(), why="other")


def test_what_is_handed_over_goes_to_that_person_alone(reviewer):
    make_review_item()
    seat, other = claiming.claim_next(reviewer), another()
    actions.hand_over(by=reviewer, seat=seat, token=seat.token, to=other, note="You know the tax rules.")
    assert claiming.claim_next(reviewer) is None
    assert claiming.claim_next(other).pk == seat.pk


def test_nothing_is_handed_to_who_cannot_grade_it(reviewer):
    item = make_review_item(seats=2)
    seat, skipper = claiming.claim_next(reviewer), another()
    Skip.objects.create(item=item, reviewer=skipper, why="other")
    unfit = {
        "You hold it": reviewer,
        "may not grade": another(roles=["finance"]),
        "does not read": another(languages=["ja"]),
        "has this item": make_review_grade(item=item, reviewer=another()).reviewer,
        "has skipped": skipper,
    }
    for words, to in unfit.items():
        with pytest.raises(InvalidInput, match=words):
            actions.hand_over(by=reviewer, seat=seat, token=seat.token, to=to)


def test_a_round_is_handed_to_nobody(reviewer):
    item = make_review_item()
    seat = claiming.claim_next(reviewer)
    opened = item.feature.rounds.create(title="Week 1")
    copy = make_review_item(feature=item.feature, round=opened)
    claiming.give_back(seat.pk, seat.token)
    seat = claiming.claim_next(reviewer, item_id=copy.pk)
    with pytest.raises(InvalidInput, match="everybody grades for themselves"):
        actions.hand_over(by=reviewer, seat=seat, token=seat.token, to=another())


def test_a_lead_assigns_to_whom_it_fits_and_takes_it_back(reviewer, user):
    english, japanese, done = make_review_item(), make_review_item(language="ja"), make_review_item()
    make_review_grade(item=done)
    ReviewItem.objects.filter(pk=done.pk).update(state="done", done_at=clock.now())
    items = [english, japanese, done]
    assert actions.assign_items(by=user, items=items, to=reviewer) == 1
    assert english.places.get().reserved_for == reviewer
    with pytest.raises(InvalidInput, match="free seat"):
        actions.assign_items(by=user, items=items, to=reviewer)
    assert actions.assign_items(by=user, items=items, to=None) == 1
    with pytest.raises(InvalidInput, match="1 to 500"):
        actions.assign_items(by=user, items=[], to=reviewer)
    with pytest.raises(NotAllowed):
        actions.assign_items(by=reviewer, items=items, to=reviewer)


def test_more_or_fewer_people_grade_an_item_but_nobody_loses_a_seat(reviewer, user):
    item = make_review_item(seats=3)
    submitted(claiming.claim_next(reviewer))
    claiming.claim_next(another())
    actions.set_reviewers(by=user, items=[item], reviewers=1)
    assert sorted(item.places.values_list("number", "state")) == [(1, "graded"), (2, "claimed")]
    actions.set_reviewers(by=user, items=[item], reviewers=4)
    item.refresh_from_db()
    assert (item.seats, item.places.count()) == (4, 4)


def test_one_person_is_enough_after_all(reviewer, user):
    item = make_review_item(seats=2)
    submitted(claiming.claim_next(reviewer))
    actions.set_reviewers(by=user, items=[item], reviewers=1)
    item.refresh_from_db()
    assert item.state == "done"


def test_the_number_of_people_has_bounds_and_rounds_keep_theirs(user):
    item = make_review_item()
    with pytest.raises(InvalidInput, match="1 to 5 people"):
        actions.set_reviewers(by=user, items=[item], reviewers=6)
    copy = make_review_item(feature=item.feature, round=item.feature.rounds.create())
    with pytest.raises(InvalidInput, match="Choose items of the queue"):
        actions.set_reviewers(by=user, items=[copy], reviewers=2)


def test_what_is_put_back_is_taken_from_its_holder_and_offered_to_all(reviewer, user):
    item = make_review_item()
    Skip.objects.create(item=item, reviewer=reviewer, why="other")
    seat = claiming.claim_next(another())
    Seat.objects.update(reserved_for=seat.reviewer)
    actions.requeue_item(by=user, item=item, reason="It hung.")
    with pytest.raises(Conflict):
        submitted(seat)
    assert claiming.claim_next(reviewer).item == item


def test_what_was_withdrawn_comes_back_with_its_seats(reviewer, user):
    item = make_review_item(seats=2)
    submitted(claiming.claim_next(reviewer))
    actions.withdraw_item(by=user, item=item, reason="Twice the same.")
    assert claiming.claim_next(another()) is None
    with pytest.raises(Conflict, match="withdrawn already"):
        actions.withdraw_item(by=user, item=item, reason="Again.")
    back = actions.requeue_item(by=user, item=item, reason="It was another.")
    assert (back.state, back.places.count()) == ("open", 2)
    assert claiming.claim_next(another()).item == item


def test_what_is_done_or_has_no_texts_is_not_put_back(user):
    done = make_review_item(state="done", done_at=clock.now())
    with pytest.raises(Conflict, match="All that were asked"):
        actions.requeue_item(by=user, item=done, reason="Why not.")
    gone = make_review_item(state="withdrawn", done_at=clock.now(), output=None)
    with pytest.raises(Conflict, match="gone by retention"):
        actions.requeue_item(by=user, item=gone, reason="Why not.")


@pytest.mark.parametrize("action", [actions.requeue_item, actions.withdraw_item])
def test_a_lead_says_why(action, user):
    with pytest.raises(InvalidInput, match="Say why"):
        action(by=user, item=make_review_item(), reason=" ")
