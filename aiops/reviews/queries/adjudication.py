"""What two people see differently: what a third one is to decide, and what one decided."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from aiops.accounts.models import User
from aiops.core import clock
from aiops.reviews.models import Grade, GradeEdit, ReviewItem, Seat, Skip
from aiops.reviews.queries.people import TOLD_AFTER

_THIRD = Q(places__role=Seat.Role.ADJUDICATE)


def undecided(user: User, feature: str = "") -> QuerySet[ReviewItem]:
    """Items that wait for a third person, the oldest first, with `graders` and whether `user` can decide.

    What people said is left out: whoever looks may be the third.
    """
    own = Seat.objects.filter(item=OuterRef("pk"), reviewer=user)
    skipped = Skip.objects.filter(item=OuterRef("pk"), reviewer=user, cleared_at=None)
    third = Seat.objects.filter(item=OuterRef("pk"), role=Seat.Role.ADJUDICATE)
    rows = ReviewItem.objects.filter(state=ReviewItem.State.ADJUDICATE).select_related("feature")
    rows = rows.filter(feature__slug=feature) if feature else rows
    return rows.annotate(
        graders=Count("grades"),
        is_own=Exists(own.exclude(role=Seat.Role.ADJUDICATE)),
        is_skipped=Exists(skipped),
        is_held=Exists(third.filter(state=Seat.State.CLAIMED).exclude(reviewer=user)),
        is_kept=Exists(third.filter(reserved_for__isnull=False).exclude(reserved_for=user)),
    ).order_by("id")


def decided(feature: str = "") -> QuerySet[ReviewItem]:
    """Items that a third person decided, the newest first; their grades by seat at `said`."""
    third = Grade.objects.filter(item=OuterRef("pk"), seat__role=Seat.Role.ADJUDICATE)
    rows = ReviewItem.objects.filter(Exists(third), state=ReviewItem.State.DONE).select_related("feature")
    rows = rows.filter(feature__slug=feature) if feature else rows
    return rows.prefetch_related(_said()).order_by("-done_at", "-id")


def _said() -> "Prefetch[str, QuerySet[Grade], str]":
    grades = Grade.objects.select_related("reviewer", "seat").order_by("-seat__role", "seat__number")
    return Prefetch("grades", queryset=grades, to_attr="said")


@dataclass(frozen=True, slots=True)
class History:
    """All that was said of an item: grades with their seats, and edits by seat, the newest first."""

    grades: list[Grade]
    edits: list[GradeEdit]
    skips: list[Skip]
    waiting: int  # seats without a grade


def history(item: ReviewItem) -> History:
    grades = Grade.objects.filter(item=item).select_related("reviewer", "seat", "guideline")
    return History(
        grades=list(grades.order_by("-seat__role", "seat__number")),
        edits=list(GradeEdit.objects.filter(item=item).select_related("reviewer", "seat")),
        skips=list(Skip.objects.filter(item=item).select_related("reviewer")),
        waiting=item.places.exclude(state=Seat.State.GRADED).count(),
    )


def is_blind_to(item: ReviewItem, user: User) -> bool:
    """Whether `user` may still be asked for an opinion of `item`, and so must not see what others said."""
    if item.gold is not None:
        before = clock.now() - TOLD_AFTER
        return not Grade.objects.filter(item=item, reviewer=user, at__lt=before).exists()
    return item.state in ReviewItem.ACTIVE
