"""What a lead does with the queue: who gets what, how many grade it, what goes back, what is taken out."""

from collections.abc import Sequence

from django.db import transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from aiops.reviews import seating, steps
from aiops.reviews.actions.grading import refuse_unfit
from aiops.reviews.models import ReviewItem, Seat, Skip

MOST = 500  # items at once
MOST_REVIEWERS = 5


@transaction.atomic
def assign_items(*, by: User, items: Sequence[ReviewItem], to: User | None) -> int:
    """Keep a free seat of each item for `to`, or for nobody in particular again; how many seats that were.

    Items that `to` cannot grade, or has already, are left out. InvalidInput where none is left.
    """
    check(by, Permission.REVIEWS_LEAD)
    locked = _locked(items)
    given = _unreserved(locked) if to is None else sum(_reserved(item, to) for item in locked)
    if not given:
        raise InvalidInput("None of these items has a free seat for that person.")
    audit.record(
        by=by,
        action="reviews.assigned",
        on=locked[0],
        feature=locked[0].feature.slug,
        after={
            "to": to.actor_label if to else "anybody",
            "items": [item.pk for item in locked],
            "seats": given,
        },
    )
    return given


@transaction.atomic
def set_reviewers(*, by: User, items: Sequence[ReviewItem], reviewers: int) -> None:
    """So many people grade each of `items`; seats that somebody holds or graded from stay."""
    check(by, Permission.REVIEWS_LEAD)
    if not 1 <= reviewers <= MOST_REVIEWERS:
        raise InvalidInput(f"1 to {MOST_REVIEWERS} people grade an item.")
    locked = [item for item in _locked(items) if item.round_id is None]
    if not locked:
        raise InvalidInput(
            "Choose items of the queue: a calibration round has one seat for each of its people."
        )
    for item in locked:
        seating.resize(item, reviewers)
        steps.move_on(item)
    audit.record(
        by=by,
        action="reviews.reviewers_set",
        on=locked[0],
        feature=locked[0].feature.slug,
        after={"reviewers": reviewers, "items": [item.pk for item in locked]},
    )


@transaction.atomic
def requeue_item(*, by: User, item: ReviewItem, reason: str) -> ReviewItem:
    """Put an item back for everybody: whoever holds it loses it, skips are forgotten, reservations too.

    A withdrawn one comes back. Grades stay. Conflict where all is graded.
    """
    check(by, Permission.REVIEWS_LEAD)
    locked = _locked([item])[0]
    if locked.state == ReviewItem.State.DONE:
        raise Conflict("All that were asked have graded this item.")
    if not reason.strip():
        raise InvalidInput("Say why: whoever loses the item reads it.")
    if locked.state == ReviewItem.State.WITHDRAWN:
        if locked.output is None:
            raise Conflict("Its texts are gone by retention.")
        locked.state, locked.done_at = ReviewItem.State.OPEN, None
        locked.save(update_fields=["state", "done_at"])
        seating.resize(locked, locked.seats)
    held = seating.free(locked.places.all())
    if locked.round_id is None:
        locked.places.update(reserved_for=None)
    skips = Skip.objects.filter(item=locked, cleared_at=None).update(cleared_at=clock.now())
    steps.move_on(locked)
    audit.record(
        by=by,
        action="reviews.requeued",
        on=locked,
        feature=locked.feature.slug,
        after={"held": held, "skips": skips},
        reason=reason.strip(),
    )
    return ReviewItem.objects.get(pk=locked.pk)


@transaction.atomic
def withdraw_item(*, by: User, item: ReviewItem, reason: str) -> ReviewItem:
    """Nobody is asked about the item any more; what was said stays, and counts for nothing."""
    check(by, Permission.REVIEWS_LEAD)
    locked = _locked([item])[0]
    if locked.state == ReviewItem.State.WITHDRAWN:
        raise Conflict("It was withdrawn already.")
    if not reason.strip():
        raise InvalidInput("Say why it is taken out: its grades will count for nothing.")
    locked.places.exclude(state=Seat.State.GRADED).delete()
    locked.state, locked.done_at = ReviewItem.State.WITHDRAWN, clock.now()
    locked.save(update_fields=["state", "done_at"])
    audit.record(
        by=by, action="reviews.withdrawn", on=locked, feature=locked.feature.slug, reason=reason.strip()
    )
    return locked


def _locked(items: Sequence[ReviewItem]) -> list[ReviewItem]:
    """The items in one order, for all who lock several; active ones and withdrawn ones alike."""
    if not 1 <= len(items) <= MOST:
        raise InvalidInput(f"Choose 1 to {MOST} items.")
    rows = ReviewItem.objects.select_for_update(no_key=True, of=("self",)).select_related("feature")
    return list(rows.filter(pk__in=[item.pk for item in items]).order_by("pk"))


def _reserved(item: ReviewItem, to: User) -> bool:
    """Whether `to` gets a free seat of `item`, which nobody else waits for."""
    if item.state not in ReviewItem.ACTIVE or item.places.filter(reserved_for=to).exists():
        return False
    try:
        refuse_unfit(item, to)
    except InvalidInput:
        return False
    free = item.places.filter(state=Seat.State.FREE, reserved_for=None).order_by("rank", "number")
    seat = free.select_for_update(skip_locked=True).first()
    return bool(seat and Seat.objects.filter(pk=seat.pk).update(reserved_for=to))


def _unreserved(items: Sequence[ReviewItem]) -> int:
    ordinary = [item.pk for item in items if item.round_id is None]
    rows = Seat.objects.filter(item__in=ordinary, reserved_for__isnull=False)
    return rows.exclude(state=Seat.State.GRADED).update(reserved_for=None)
