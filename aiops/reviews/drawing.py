"""Copies of review items for rounds and probes: the same output, graded apart from the item it came from."""

from collections.abc import Collection, Sequence
from random import Random

from django.db.models import Exists, OuterRef, Q, QuerySet

from aiops.features.models import Feature
from aiops.reviews.models import CalibrationRound, ReviewItem, Seat

# What a copy does not take over: its own history.
_OWN = {
    *("id", "round_id", "seats", "state", "gold", "note"),
    *("created_at", "created_by_id", "done_at", "is_random"),
}


def candidates(feature: Feature, languages: Collection[str], people: Collection[int]) -> QuerySet[ReviewItem]:
    """Items of `feature` that readers of all `languages` can grade, and that nobody of `people` has had."""
    had = Q(reviewer__in=people) | Q(reserved_for__in=people)
    seen = ReviewItem.objects.filter(Exists(Seat.objects.filter(had, item=OuterRef("pk"))))
    rows = ReviewItem.objects.filter(feature=feature, round=None, output__isnull=False)
    rows = rows.filter(language__in=["", *languages]).exclude(state=ReviewItem.State.WITHDRAWN)
    return rows.exclude(source_id__in=seen.filter(feature=feature).values("source_id"))


def draw(rows: QuerySet[ReviewItem], size: int, *, seed: int, newest: int) -> list[ReviewItem]:
    """`size` at random of the `newest` items, in the order drawn."""
    ids = list(rows.order_by("-id").values_list("pk", flat=True)[:newest])
    chosen = Random(seed).sample(ids, min(size, len(ids)))  # noqa: S311 - a draw that can be repeated
    found = ReviewItem.objects.in_bulk(chosen)
    return [found[pk] for pk in chosen]


def copy(item: ReviewItem, into: CalibrationRound, **values: object) -> ReviewItem:
    """A copy of `item` in the round `into`, with `values` of its own, not saved."""
    names = [field.attname for field in ReviewItem._meta.concrete_fields if field.attname not in _OWN]
    return ReviewItem(**{name: getattr(item, name) for name in names} | {"round": into, **values})


def reserve(items: Sequence[ReviewItem], people: Sequence[int], *, rank: int) -> None:
    """A seat for each of `people` at each of `items`, each person's in the items' order."""
    Seat.objects.bulk_create(
        Seat(item=item, number=number, feature_id=item.feature_id, reserved_for_id=person, rank=rank)
        for item in items
        for number, person in enumerate(people, 1)
    )
