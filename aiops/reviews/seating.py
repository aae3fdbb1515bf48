"""Seats of items: opened, one more or fewer, freed. In the caller's transaction, which locked the item."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet

from aiops.core.actors import Actor
from aiops.reviews.models import ReviewItem, Seat

_NOBODYS = {
    "state": Seat.State.FREE,
    "reviewer": None,
    "token": None,
    "claimed_at": None,
    "lease_until": None,
    "graded_at": None,
}


def open_seats(items: Iterable[ReviewItem], *, rank: int = Seat.Rank.ORDINARY) -> None:
    """Free seats, k of them, at each of `items`, which have none yet. They are given out in that order."""
    Seat.objects.bulk_create(
        Seat(item=item, number=number, feature_id=item.feature_id, language=item.language, rank=rank)
        for item in items
        for number in range(1, item.seats + 1)
    )


def free(seats: QuerySet[Seat]) -> int:
    """Take `seats` from whoever holds them: their tokens write nothing any more. Graded ones stay."""
    return seats.filter(state=Seat.State.CLAIMED).update(**_NOBODYS)


def resize(item: ReviewItem, seats: int) -> None:
    """Let k be `seats` from now on, but no lower than the seats that somebody holds or graded from."""
    places = list(item.places.select_for_update().filter(role=Seat.Role.GRADE).order_by("number"))
    taken = [seat for seat in places if seat.state != Seat.State.FREE]
    Seat.objects.filter(pk__in=[seat.pk for seat in places if seat.state == Seat.State.FREE]).delete()
    for number, seat in enumerate(taken, 1):  # upwards: no number is given twice
        Seat.objects.filter(pk=seat.pk).exclude(number=number).update(number=number)
    item.seats = max(seats, len(taken))
    item.save(update_fields=["seats"])
    Seat.objects.bulk_create(
        Seat(item=item, number=number, feature_id=item.feature_id, language=item.language)
        for number in range(len(taken) + 1, item.seats + 1)
    )


def say_who(by: Actor, reason: str = "") -> None:
    """Who changes grades until the commit, and why, for the history that triggers write."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('aiops.by', %s, true), set_config('aiops.reason', %s, true)",
            [by.actor_label, reason],
        )


def let_the_grade_follow() -> None:
    """A seat may say that it is graded before its grade is there, also where constraints hold at once."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS reviews_seat_has_its_grade DEFERRED")
