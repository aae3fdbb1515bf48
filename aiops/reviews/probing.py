"""Gold probes find their way among a person's other items; in the transaction of a grade.

After a share of the grades, drawn by the grade's number, the next item of its person is a probe. It looks
like any other: of the same feature, in a language that the person reads, and new to them.
"""

from decimal import Decimal

from django.db.models import Exists, OuterRef, Q

from aiops.accounts.permissions import Permission
from aiops.core import sticky
from aiops.reviews import steps
from aiops.reviews.models import Grade, ReviewItem, SamplingPolicy, Seat
from aiops.reviews.models.items import MOST_SEATS

SALT = "gold"


def give_one(grade: Grade) -> Seat | None:
    """Keep a probe for who gave `grade`, where it is time for one, and there is one."""
    item = grade.item
    if item.round_id is not None or grade.reviewer.may(Permission.REVIEWS_LEAD) or not _is_time(grade):
        return None  # leads see which items are probes
    probe = _unseen(grade, list(grade.reviewer.languages))
    if probe is None:
        return None
    return steps.add_seat(probe, rank=Seat.Rank.CALIBRATE, reserved_for=grade.reviewer_id)


def _is_time(grade: Grade) -> bool:
    policy = SamplingPolicy.objects.filter(feature=grade.item.feature_id).values_list("gold_share", flat=True)
    share = policy.first() or 0.0
    return sticky.enabled(SALT, str(grade.pk), Decimal(str(round(100 * share, 2))))


def _unseen(grade: Grade, languages: list[str]) -> ReviewItem | None:
    """The probe that the fewest have had, of those new to the person: neither it nor what it is a copy of."""
    had = Seat.objects.filter(Q(reviewer=grade.reviewer_id) | Q(reserved_for=grade.reviewer_id))
    of_the_same = had.filter(item__source=OuterRef("source"), item__source_id=OuterRef("source_id"))
    rows = ReviewItem.objects.filter(feature=grade.item.feature_id, gold__isnull=False, output__isnull=False)
    rows = rows.filter(state=ReviewItem.State.OPEN, language__in=["", *languages], seats__lt=MOST_SEATS)
    fewest = rows.exclude(Exists(of_the_same)).order_by("seats", "id")
    return fewest.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
