"""What the grading page says beside the item: how far one is, what one said before. It never writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from aiops.accounts.models import User
from aiops.core import clock
from aiops.features.models import Feature
from aiops.reviews.models import Escalation, Grade, GradeEdit, Seat
from aiops.reviews.pace import SITTING
from aiops.reviews.queries.backlog import seats_for

MOST = 500  # more need not be counted to know that it is a lot
RECENT = 20
UNDO_FOR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Queue:
    """Items of this sitting: graded, and waiting (`MOST` at most); `seconds`: the median of the last."""

    done: int
    waiting: int
    seconds: float | None

    @property
    def total(self) -> int:
        return self.done + self.waiting

    @property
    def minutes_left(self) -> int:
        return round(self.waiting * (self.seconds or 0) / 60)


def queue(user: User, feature: Feature | None, *, holds: bool) -> Queue:
    """`holds`: an item is on the page, which still waits."""
    rows = seats_for(user)
    mine = Grade.objects.filter(reviewer=user)
    if feature:
        rows, mine = rows.filter(feature=feature), mine.filter(item__feature=feature)
    graded = list(mine.order_by("-at").values_list("at", "seconds")[:MOST])
    last, done = clock.now(), 0
    for at, _ in graded:
        if last - at > SITTING:
            break
        last, done = at, done + 1
    spent = [seconds for _, seconds in graded[:RECENT] if seconds > 0]
    waiting = len(set(rows.values_list("item", flat=True)[:MOST]))
    return Queue(done, waiting + holds, median(spent) if spent else None)


def last_grade(user: User) -> Grade | None:
    """The one that undo takes back."""
    rows = Grade.objects.filter(reviewer=user, at__gte=clock.now() - UNDO_FOR)
    return rows.select_related("item__feature").order_by("-at", "-id").first()


def said_before(seat: Seat) -> Mapping[str, Any]:
    """What was said from this seat, and taken back: a page that shows it again begins with that."""
    edit = GradeEdit.objects.filter(seat=seat, reviewer=seat.reviewer_id).order_by("-id").first()
    return edit.before if edit and edit.after is None else {}


def escalation_of(seat: Seat) -> Escalation | None:
    return Escalation.objects.filter(item=seat.item_id, by=seat.reviewer_id).first()
