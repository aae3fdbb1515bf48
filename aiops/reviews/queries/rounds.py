"""Calibration rounds: who takes part, how far they are, and what each said."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from aiops.accounts.models import User
from aiops.reviews import rounds
from aiops.reviews.models import CalibrationRound, Grade, ReviewItem, Seat
from aiops.reviews.rounds import Line, Person


def listed(feature: str = "", of: User | None = None) -> QuerySet[CalibrationRound]:
    """Rounds, the newest first, with `outputs`, `wanted` and `given` grades; only those of one person."""
    rows = CalibrationRound.objects.filter(kind=CalibrationRound.Kind.CALIBRATION)
    rows = rows.filter(feature__slug=feature) if feature else rows
    if of is not None:
        own = Seat.objects.filter(item__round=OuterRef("pk")).filter(Q(reviewer=of) | Q(reserved_for=of))
        rows = rows.filter(Exists(own))
    given = Count("items__places", filter=Q(items__places__state=Seat.State.GRADED))
    counted = rows.annotate(outputs=Count("items", distinct=True), wanted=Count("items__places"), given=given)
    return counted.select_related("feature", "opened_by").order_by("-id")


@dataclass(frozen=True, slots=True)
class Progress:
    person: User
    given: int
    wanted: int


def progress(opened: CalibrationRound) -> list[Progress]:
    """Who takes part, by e-mail, and how far each is."""
    seats = Seat.objects.filter(item__round=opened).values_list("reserved_for_id", "reviewer_id", "state")
    wanted: Counter[int] = Counter()
    given: Counter[int] = Counter()
    for kept, reviewer, state in seats:
        person = reviewer or kept
        if person is not None:
            wanted[person] += 1
            given[person] += state == Seat.State.GRADED
    people = User.objects.filter(pk__in=wanted).order_by("email")
    return [Progress(person, given[person.pk], wanted[person.pk]) for person in people]


@dataclass(frozen=True, slots=True)
class Compared:
    """A round side by side: `people` are the columns; `said` by (item, person)."""

    people: list[User]
    lines: list[tuple[Line, ReviewItem, list[Grade | None]]]
    persons: list[tuple[User, Person]]

    @property
    def differing(self) -> int:
        return sum(line.differs for line, _, _ in self.lines)


def compared(opened: CalibrationRound) -> Compared:
    """What each said of each output, where they differ most first; in three questions."""
    items = {item.pk: item for item in ReviewItem.objects.filter(round=opened)}
    grades = Grade.objects.filter(item__in=items).select_related("reviewer")
    said = {(grade.item_id, grade.reviewer_id): grade for grade in grades}
    people = sorted({grade.reviewer for grade in said.values()}, key=lambda one: one.email)
    ids, values = [one.pk for one in people], {key: grade.value for key, grade in said.items()}
    found = rounds.lines(list(items), ids, values)
    return Compared(
        people,
        [(line, items[line.item], [said.get((line.item, pk)) for pk in ids]) for line in found],
        list(zip(people, rounds.persons(list(items), ids, values), strict=True)),
    )


def takes_part(opened: CalibrationRound, user: User) -> bool:
    return _seats_of(opened, user).exists()


def may_see(opened: CalibrationRound, user: User) -> bool:
    """Whoever is still to grade does not see what others said: the round, or one's own part, must be over."""
    if opened.closed_at is not None:
        return True
    own = _seats_of(opened, user)
    return own.exists() and not own.exclude(state=Seat.State.GRADED).exists()


def _seats_of(opened: CalibrationRound, user: User) -> QuerySet[Seat]:
    return Seat.objects.filter(Q(reviewer=user) | Q(reserved_for=user), item__round=opened)
