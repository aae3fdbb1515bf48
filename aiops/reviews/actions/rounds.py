"""Calibration: a lead has several people grade the same outputs, and all see where they differ."""

from collections.abc import Sequence

from django.db import transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from aiops.features.models import Feature
from aiops.reviews import drawing
from aiops.reviews.models import CalibrationRound, ReviewItem, SamplingPolicy, Seat

SIZE = 20
LEAST = 5  # fewer outputs show nobody anything
NEWEST = 500  # the outputs that a round is drawn from
MOST_PEOPLE = 20


@transaction.atomic
def start_round(
    *, by: User, feature: Feature, people: Sequence[User], size: int = SIZE, title: str = ""
) -> CalibrationRound:
    """Draw outputs of `feature` that all of `people` read and nobody of them has had; a seat for each.

    Raises InvalidInput for fewer than two people, for one who may not grade, or for too few outputs.
    """
    check(by, Permission.REVIEWS_LEAD)
    chosen = sorted(set(people), key=lambda person: person.email)
    if not 2 <= len(chosen) <= MOST_PEOPLE:
        raise InvalidInput(f"Choose 2 to {MOST_PEOPLE} people: a round compares them.")
    if absent := [one.email for one in chosen if not one.may(Permission.REVIEWS_GRADE)]:
        raise InvalidInput(f"{', '.join(absent)} may not grade.")
    numbers = [person.pk for person in chosen]
    languages = set.intersection(*(set(person.languages) for person in chosen))
    opened = CalibrationRound.objects.create(feature=feature, title=title.strip(), opened_by=by)
    rows = drawing.candidates(feature, languages, numbers)
    items = drawing.draw(rows, size, seed=opened.pk, newest=NEWEST)
    if len(items) < min(size, LEAST):
        raise InvalidInput(
            f"Only {len(items)} sampled outputs are left that all of them read and none has had:"
            f" {LEAST} are needed."
        )
    policy = SamplingPolicy.objects.filter(feature=feature).first()
    shared = {"scale": policy.scale} if policy else {}
    copies = [drawing.copy(item, opened, seats=len(numbers), created_by=by, **shared) for item in items]
    drawing.reserve(ReviewItem.objects.bulk_create(copies), numbers, rank=Seat.Rank.CALIBRATE)
    audit.record(
        by=by,
        action="reviews.round_started",
        on=opened,
        feature=feature.slug,
        after={"people": [person.email for person in chosen], "outputs": len(items)},
    )
    return opened


@transaction.atomic
def close_round(*, by: User, opened: CalibrationRound) -> CalibrationRound:
    """Compare what there is by now: nobody is asked any more. Conflict where it is over already."""
    check(by, Permission.REVIEWS_LEAD)
    items = ReviewItem.objects.filter(round=opened.pk)
    list(items.select_for_update(no_key=True).order_by("pk"))  # before the round, as whoever grades does
    rounds = CalibrationRound.objects.select_for_update(no_key=True, of=("self",))
    locked = rounds.select_related("feature").get(pk=opened.pk)
    if locked.closed_at is not None:
        raise Conflict("This round is over already.")
    dropped = Seat.objects.filter(item__in=items).exclude(state=Seat.State.GRADED).delete()[0]
    items.filter(state__in=ReviewItem.ACTIVE).update(state=ReviewItem.State.DONE, done_at=clock.now())
    locked.closed_at = clock.now()
    locked.save(update_fields=["closed_at"])
    audit.record(
        by=by,
        action="reviews.round_closed",
        on=locked,
        feature=locked.feature.slug,
        after={"dropped": dropped},
    )
    return locked
