"""What lies with one person, given to another or to everybody: they are away, or have too much."""

from django.db import transaction
from django.db.models import Q

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.core.errors import InvalidInput
from aiops.reviews import seating
from aiops.reviews.actions.grading import refuse_unfit
from aiops.reviews.models import ReviewItem, Seat


@transaction.atomic
def clear_desk(*, by: User, person: User, to: User | None = None, reason: str) -> int:
    """Free what `person` holds or what is kept for them; keep it for `to` where they can grade it.

    Returns how many items that were. A calibration round's are left: they are for that person alone.
    InvalidInput where there is nothing, no reason, or `to` is the same person.
    """
    check(by, Permission.REVIEWS_LEAD)
    if to == person or not reason.strip():
        raise InvalidInput("Say why, and choose somebody else, or nobody in particular.")
    theirs = Q(reviewer=person, state=Seat.State.CLAIMED) | Q(reserved_for=person)
    seats = Seat.objects.filter(theirs, item__round=None, item__state__in=ReviewItem.ACTIVE)
    numbers = list(seats.exclude(state=Seat.State.GRADED).values_list("item", flat=True))
    rows = ReviewItem.objects.select_for_update(no_key=True, of=("self",)).select_related("feature")
    items = list(rows.filter(pk__in=numbers).order_by("pk"))
    if not items:
        raise InvalidInput(f"Nothing waits with {person.email}.")
    kept = sum(_pass_on(item, theirs, to) for item in items)
    after = {"items": len(items), "to": to.actor_label if to else "anybody", "kept": kept}
    audit.record(by=by, action="reviews.desk_cleared", on=person, after=after, reason=reason.strip())
    return len(items)


def _pass_on(item: ReviewItem, theirs: Q, to: User | None) -> bool:
    """Whether the seat of `item` is kept for `to` from now on."""
    seats = item.places.filter(theirs).exclude(state=Seat.State.GRADED)
    numbers = list(seats.values_list("pk", flat=True))
    seating.free(Seat.objects.filter(pk__in=numbers))
    free = Seat.objects.filter(pk__in=numbers, state=Seat.State.FREE)
    fit = to if to is not None and _is_fit(item, to) else None
    free.update(reserved_for=fit)
    return fit is not None


def _is_fit(item: ReviewItem, person: User) -> bool:
    try:
        refuse_unfit(item, person)
    except InvalidInput:
        return False
    return not item.places.filter(reserved_for=person).exclude(state=Seat.State.GRADED).exists()
