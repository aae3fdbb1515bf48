"""What a reviewer does with a seat: grade, take the grade back, change it, skip the item, hand it over.

The item's row is locked before its seats and grades, everywhere, so that nobody waits in a circle and what
follows from a grade is decided on all of the item's grades.
"""

import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.reviews import claiming, marks, probing, seating, steps
from aiops.reviews.models import Grade, Guideline, ReviewItem, Seat, Skip

UNDO_FOR = timedelta(minutes=30)
LONGEST = 3600.0  # seconds; a page that was left open says nothing of the pace


@transaction.atomic
def submit_grade(
    *,
    by: User,
    seat: Seat,
    token: uuid.UUID,
    raw: int,
    reasons: Iterable[str] = (),
    comment: str = "",
    corrected_output: str = "",
    seconds: float | None = None,
) -> Grade:
    """Grade the item of `seat`, which `token` holds. Sent again it is told again, and nothing done twice.

    A lease that ran out does not matter, unless the seat was given on: then Conflict. InvalidInput where the
    grade is not on the item's scale.
    """
    check(by, Permission.REVIEWS_GRADE)
    item = _locked(seat.item_id)
    mark = marks.checked(item.scale, raw, reasons, comment, corrected_output)
    now = clock.now()
    seating.let_the_grade_follow()
    held = Seat.objects.filter(pk=seat.pk, token=token, reviewer=by, state=Seat.State.CLAIMED)
    claimed_at = held.values_list("claimed_at", flat=True).first()
    if item.state not in ReviewItem.ACTIVE or not held.update(
        state=Seat.State.GRADED, lease_until=None, graded_at=now
    ):
        return _said_before(by, seat, token, mark)
    spent = (now - (claimed_at or now)).total_seconds() if seconds is None else seconds
    grade = Grade.objects.create(
        seat_id=seat.pk,
        item=item,
        reviewer=by,
        seconds=min(max(0.0, spent), LONGEST),
        guideline=Guideline.objects.filter(feature=item.feature_id).first(),
        at=now,
        **marks.columns(item.scale, mark),
    )
    steps.move_on(item)
    probing.give_one(grade)
    audit.record(
        by=by,
        action="reviews.graded",
        on=item,
        feature=item.feature.slug,
        after={"raw": raw, "reasons": list(mark.reasons)},
    )
    return grade


@transaction.atomic
def undo_grade(*, by: User, grade: Grade) -> Seat:
    """Take back a slip: the seat is held again, with a new token. The history keeps what was said.

    NotAllowed for somebody else's grade; Conflict after half an hour, or where a third person is at it.
    """
    check(by, Permission.REVIEWS_GRADE)
    item, mine = _own(by, grade)
    if mine.at < clock.now() - UNDO_FOR:
        raise Conflict("That was more than half an hour ago: change the grade instead, with a reason.")
    _refuse_after_third(item, mine)
    seating.say_who(by, "undone")
    facts = {"raw": mine.raw, "reasons": mine.reasons}
    mine.delete()
    until = clock.now() + timedelta(seconds=claiming.LEASE)
    Seat.objects.filter(pk=mine.seat_id).update(
        state=Seat.State.CLAIMED, token=uuid.uuid4(), lease_until=until, graded_at=None
    )
    steps.move_on(item)
    audit.record(by=by, action="reviews.undone", on=item, feature=item.feature.slug, before=facts)
    return Seat.objects.select_related("item__feature", "item__guideline").get(pk=mine.seat_id)


@transaction.atomic
def change_grade(
    *,
    by: User,
    grade: Grade,
    raw: int,
    reason: str,
    reasons: Iterable[str] = (),
    comment: str = "",
    corrected_output: str = "",
) -> Grade:
    """Say something else of an item than before, and why. What was said before stays in the history.

    NotAllowed for somebody else's grade; Conflict once others know what it is held against: a third person is
    at it, the round is over, or it is a probe.
    """
    check(by, Permission.REVIEWS_GRADE)
    item, mine = _own(by, grade)
    if not reason.strip():
        raise InvalidInput("Say why you see it differently now.")
    _refuse_after_third(item, mine)
    if item.gold is not None or (item.round is not None and item.round.closed_at is not None):
        raise Conflict("What it was compared with is known by now: the grade stays, to be learnt from.")
    mark = marks.checked(mine.scale, raw, reasons, comment, corrected_output)
    before = {"raw": mine.raw, "reasons": mine.reasons}
    for name, value in marks.columns(mine.scale, mark).items():
        setattr(mine, name, value)
    seating.say_who(by, reason.strip())
    mine.save()
    steps.move_on(item)
    audit.record(
        by=by,
        action="reviews.grade_changed",
        on=item,
        feature=item.feature.slug,
        before=before,
        after={"raw": raw, "reasons": list(mark.reasons)},
        reason=reason.strip(),
    )
    return mine


@transaction.atomic
def skip_item(*, by: User, seat: Seat, token: uuid.UUID, why: str, comment: str = "") -> Skip:
    """Leave the item to others: `by` does not get it again. Conflict where `token` does not hold the seat."""
    check(by, Permission.REVIEWS_GRADE)
    if why not in Skip.Why.values:
        raise InvalidInput("Choose why you skip it.")
    item = _locked(seat.item_id)
    _freed(by, seat, token)
    if item.round_id is None:
        Seat.objects.filter(pk=seat.pk, reserved_for=by).update(reserved_for=None)
    skip = Skip.objects.create(item=item, reviewer=by, why=why, comment=comment.strip()[: marks.MOST_COMMENT])
    audit.record(
        by=by,
        action="reviews.skipped",
        on=item,
        feature=item.feature.slug,
        after={"why": why},
        reason=skip.comment,
    )
    return skip


@transaction.atomic
def hand_over(*, by: User, seat: Seat, token: uuid.UUID, to: User, note: str = "") -> Seat:
    """Give the seat that one holds to a colleague, who alone gets it then.

    InvalidInput where `to` may not grade, does not read the language, or has the item already.
    """
    check(by, Permission.REVIEWS_GRADE)
    item = _locked(seat.item_id)
    if to == by:
        raise InvalidInput("You hold it already.")
    if item.round_id is not None:
        raise InvalidInput("This one everybody grades for themselves.")
    refuse_unfit(item, to)
    _freed(by, seat, token)
    Seat.objects.filter(pk=seat.pk).update(reserved_for=to)
    audit.record(
        by=by,
        action="reviews.handed_over",
        on=item,
        feature=item.feature.slug,
        after={"to": to.actor_label},
        reason=note.strip(),
    )
    return Seat.objects.get(pk=seat.pk)


def refuse_unfit(item: ReviewItem, person: User) -> None:
    """InvalidInput, with words, where `person` cannot grade `item`."""
    if not person.may(Permission.REVIEWS_GRADE):
        raise InvalidInput(f"{person.email} may not grade.")
    if item.language and item.language not in person.languages:
        raise InvalidInput(f"{person.email} does not read “{item.language}”.")
    if item.places.filter(reviewer=person).exists():
        raise InvalidInput(f"{person.email} has this item already.")
    if item.skips.filter(reviewer=person, cleared_at=None).exists():
        raise InvalidInput(f"{person.email} has skipped this item.")


def _locked(pk: int) -> ReviewItem:
    rows = ReviewItem.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("feature", "round").get(pk=pk)


def _own(by: User, grade: Grade) -> tuple[ReviewItem, Grade]:
    """The grade as it is now, with its item locked."""
    item = _locked(grade.item_id)
    mine = Grade.objects.select_related("seat").filter(pk=grade.pk).first()
    if mine is None:
        raise Conflict("That grade was taken back already.")
    if mine.reviewer_id != by.pk:
        raise NotAllowed("This is somebody else's grade.")
    if item.state == ReviewItem.State.WITHDRAWN:
        raise Conflict("This item was withdrawn.")
    return item, mine


def _refuse_after_third(item: ReviewItem, mine: Grade) -> None:
    """A third person decides on what the others said: it stays as that person found it.

    So it does where it was compared with what is known by now: after a round, and in time of a probe.
    """
    told = item.gold is not None and mine.at < clock.now() - UNDO_FOR
    if told or (item.round is not None and item.round.closed_at is not None):
        raise Conflict("What it was compared with is known by now: your grade stays, to be learnt from.")
    third = item.places.filter(role=Seat.Role.ADJUDICATE).exclude(pk=mine.seat_id)
    if third.exclude(state=Seat.State.FREE).exists():
        raise Conflict("A third person is at this item, or has decided: your grade stays as it is.")


def _freed(by: User, seat: Seat, token: uuid.UUID) -> None:
    if not Seat.objects.filter(pk=seat.pk, reviewer=by).exists() or not claiming.give_back(seat.pk, token):
        raise Conflict("You no longer hold this item: your hold ran out, and somebody else got it.")


def _said_before(by: User, seat: Seat, token: uuid.UUID, mark: marks.Mark) -> Grade:
    """The same grade from a page that did not hear of its success; else Conflict."""
    grade = Grade.objects.filter(seat=seat.pk, seat__token=token, reviewer=by).first()
    if grade is None:
        raise Conflict(
            "You no longer hold this item: it was withdrawn, or your hold ran out and somebody else got it."
        )
    told = marks.Mark(grade.raw, tuple(grade.reasons), grade.comment, grade.corrected_output)
    if told != mark:
        raise Conflict("You have graded this item already: change that grade instead.")
    return grade
