"""What waits to be graded: for a person, of a feature, in a language; who can read it and who is at it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.core import clock
from aiops.features.models import Feature
from aiops.reviews.models import Grade, ReviewItem, Seat, Skip

WEEK = timedelta(days=7)
OPEN = Q(state=Seat.State.FREE) | Q(state=Seat.State.CLAIMED, lease_until__lt=Now())


def open_seats() -> QuerySet[Seat]:
    """Seats that somebody may take: free ones, and those whose claim ran out."""
    return Seat.objects.filter(OPEN, item__state__in=ReviewItem.ACTIVE, item__output__isnull=False)


def seats_for(user: User) -> QuerySet[Seat]:
    """What `claim_next` would give to `user`, one after the other: an item once."""
    others = Seat.objects.filter(item=OuterRef("item"), reviewer=user)
    skipped = Skip.objects.filter(item=OuterRef("item"), reviewer=user, cleared_at=None)
    rows = open_seats().filter(Q(reserved_for=None) | Q(reserved_for=user))
    rows = rows.filter(language__in=["", *user.languages])
    return rows.exclude(Exists(others)).exclude(Exists(skipped))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Items of a feature that wait for one person, whom `reserved` of them are kept for."""

    slug: str
    name: str
    items: int
    reserved: int
    oldest: datetime


def waiting_for(user: User) -> list[Waiting]:
    """By feature what waits for `user`, the most first; nothing for who may not grade."""
    if not user.may(Permission.REVIEWS_GRADE):
        return []
    rows = seats_for(user).values_list("feature__slug", "feature__name")
    counted = rows.annotate(
        items=Count("item", distinct=True),
        reserved=Count("item", distinct=True, filter=Q(reserved_for=user)),
        oldest=Min("item__created_at"),
    )
    return [Waiting(*row) for row in counted.order_by("-items", "feature__slug")]


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is left of a feature: items that wait, of them those for a third person, and since when."""

    items: int = 0
    adjudicate: int = 0
    oldest: datetime | None = None


def backlogs(features: Iterable[int]) -> dict[int, Backlog]:
    """By feature, in one question; a feature without any is left out."""
    rows = ReviewItem.objects.filter(feature__in=list(features), state__in=ReviewItem.ACTIVE)
    third = Count("pk", filter=Q(state=ReviewItem.State.ADJUDICATE))
    found = rows.filter(gold__isnull=True).values_list("feature_id")
    counted = found.annotate(n=Count("pk"), third=third, oldest=Min("created_at"))
    return {feature: Backlog(n, wait, oldest) for feature, n, wait, oldest in counted}


@dataclass(slots=True)
class Line:
    """A language of a feature. `seats`: grades that are missing; `readers`: who may give them."""

    feature: str
    feature_id: int
    language: str
    items: int
    seats: int
    held: int
    kept: int  # reserved for somebody
    adjudicate: int
    oldest: datetime
    readers: list[User] = field(default_factory=list)

    @property
    def needs(self) -> int:
        """How many people it takes: one alone leaves nobody to decide where two differ."""
        return 1 if self.items == self.seats else 2


def lines(feature: str = "", language: str | None = None) -> list[Line]:
    """The backlog by feature and language, the oldest first; in two questions."""
    rows = Seat.objects.filter(item__state__in=ReviewItem.ACTIVE, item__gold__isnull=True)
    rows = rows.exclude(state=Seat.State.GRADED)
    if feature:
        rows = rows.filter(feature__slug=feature)
    if language is not None:
        rows = rows.filter(language=language)
    held = Q(state=Seat.State.CLAIMED, lease_until__gte=Now())
    counted = rows.values_list("feature__slug", "feature_id", "language").annotate(
        items=Count("item", distinct=True),
        seats=Count("pk"),
        held=Count("pk", filter=held),
        kept=Count("pk", filter=Q(reserved_for__isnull=False)),
        adjudicate=Count("pk", filter=Q(role=Seat.Role.ADJUDICATE)),
        oldest=Min("item__created_at"),
    )
    found = [Line(*row) for row in counted.order_by("oldest")]
    people = graders()
    for line in found:
        line.readers = [one for one in people if not line.language or line.language in one.languages]
    return found


def graders() -> list[User]:
    """Everybody who may grade, by e-mail."""
    people = User.objects.filter(is_active=True).order_by("email")
    return [person for person in people if person.may(Permission.REVIEWS_GRADE)]


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies with one person now, and what they did in a week."""

    person: User
    held: int
    reserved: int
    week: int
    skipped: int
    seconds: float | None  # the mean of the week
    last: datetime | None


def desks() -> list[Desk]:
    """Everybody who may grade, in four questions."""
    people, since = graders(), clock.now() - WEEK
    ids = [person.pk for person in people]
    held = Q(state=Seat.State.CLAIMED, lease_until__gte=Now())
    active = Seat.objects.filter(item__state__in=ReviewItem.ACTIVE).exclude(state=Seat.State.GRADED)
    holds = Counter(active.filter(held, reviewer__in=ids).values_list("reviewer_id", flat=True))
    kept = Counter(active.filter(reserved_for__in=ids).values_list("reserved_for_id", flat=True))
    skips = Counter(
        Skip.objects.filter(reviewer__in=ids, at__gte=since).values_list("reviewer_id", flat=True)
    )
    graded: defaultdict[int, list[tuple[datetime, float]]] = defaultdict(list)
    for person, at, seconds in Grade.objects.filter(reviewer__in=ids, at__gte=since).values_list(
        "reviewer_id", "at", "seconds"
    ):
        graded[person].append((at, seconds))
    return [
        Desk(
            person,
            holds[person.pk],
            kept[person.pk],
            len(graded[person.pk]),
            skips[person.pk],
            _mean([seconds for _, seconds in graded[person.pk]]),
            max((at for at, _ in graded[person.pk]), default=None),
        )
        for person in people
    ]


def _mean(seconds: Sequence[float]) -> float | None:
    spent = [one for one in seconds if one > 0]
    return sum(spent) / len(spent) if spent else None


def next_items(person: User, feature: Feature, language: str, count: int) -> list[ReviewItem]:
    """The next `count` items that `person` could be given, in the queue's order."""
    rows = seats_for(person).filter(feature=feature, language=language, reserved_for=None)
    ids = dict.fromkeys(rows.order_by("rank", "pk").values_list("item", flat=True))
    found = ReviewItem.objects.in_bulk(list(ids)[:count])
    return [found[pk] for pk in ids if pk in found]


def open_items(feature: Feature, language: str) -> list[ReviewItem]:
    """Items of the queue that are still to be graded, the oldest first; 500 at most."""
    rows = ReviewItem.objects.filter(feature=feature, language=language, state=ReviewItem.State.OPEN)
    return list(rows.filter(round=None).order_by("pk")[:500])
