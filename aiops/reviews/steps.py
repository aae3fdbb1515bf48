"""Where an item goes after a grade was given, changed or taken back; in the caller's transaction.

A second person for what one person and the judge see differently, a third one for what two people do; a round
that everybody graded closes. None of them is told why they got the item.
"""

from aiops.core import clock
from aiops.reviews import judged
from aiops.reviews.models import CalibrationRound, Grade, ReviewItem, Seat
from aiops.reviews.settling import Step, next_step

State, Role = ReviewItem.State, Seat.Role


def move_on(item: ReviewItem) -> ReviewItem:
    """Bring `item` to the state that follows from its grades; the row is locked until the commit."""
    locked = ReviewItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    if locked.state == State.WITHDRAWN or locked.gold is not None:
        return locked
    step = _step(locked)
    third = locked.places.filter(role=Role.ADJUDICATE)
    if step == Step.ADJUDICATE:
        defaults = {"feature_id": locked.feature_id, "rank": Seat.Rank.ADJUDICATE}
        third.get_or_create(item=locked, role=Role.ADJUDICATE, number=1, defaults=defaults)
        return _in_state(locked, State.ADJUDICATE)
    third.filter(state=Seat.State.FREE).delete()
    if step == Step.DONE and third.filter(state=Seat.State.CLAIMED).exists():
        return _in_state(locked, State.ADJUDICATE)  # they agree by now; a third person is at it all the same
    if step == Step.SECOND:
        add_seat(locked)
    return _in_state(locked, State.DONE if step == Step.DONE else State.OPEN)


def add_seat(item: ReviewItem, *, rank: int = Seat.Rank.ORDINARY, reserved_for: int | None = None) -> Seat:
    """One more person for `item`, whose row the caller has locked."""
    item.seats += 1
    item.save(update_fields=["seats"])
    return Seat.objects.create(
        item=item,
        number=item.seats,
        feature_id=item.feature_id,
        language=item.language,
        rank=rank,
        reserved_for_id=reserved_for,
    )


def _step(item: ReviewItem) -> Step:
    said = list(Grade.objects.filter(item=item).values_list("value", "seat__role"))
    grades = [value for value, role in said if role == Role.GRADE]
    missing = item.places.filter(role=Role.GRADE).exclude(state=Seat.State.GRADED).count()
    alone = len(grades) == 1 and not missing and item.round_id is None
    return next_step(
        grades=grades,
        missing=missing,
        adjudicated=len(said) > len(grades),
        judged=judged.verdict(item) if alone else None,
        compared=item.round_id is not None,
    )


def _in_state(item: ReviewItem, state: ReviewItem.State) -> ReviewItem:
    if item.state != state:
        item.state = state
        item.done_at = clock.now() if state == State.DONE else None
        item.save(update_fields=["state", "done_at"])
        if state == State.DONE and item.round_id is not None:
            _close(item.round_id)
    return item


def _close(pk: int) -> None:
    """A round ends with its last grade; of two last ones at once, the second sees the first."""
    CalibrationRound.objects.select_for_update(no_key=True).get(pk=pk)
    if not ReviewItem.objects.filter(round=pk, state__in=ReviewItem.ACTIVE).exists():
        CalibrationRound.objects.filter(pk=pk, closed_at=None).update(closed_at=clock.now())
