"""A judge's verdict may come after people graded: where it differs, one more person looks, blind."""

from datetime import datetime, timedelta

from django.db import transaction

from aiops.reviews import judged, steps
from aiops.reviews.models import ReviewItem

WINDOW = timedelta(days=14)
MOST = 500  # items at once


def look_again(now: datetime) -> int:
    """A second seat for what one person graded and a judge sees differently by now; how many that were."""
    items = list(judged.differing(now - WINDOW)[:MOST])
    return sum(_moved(item) for item in items)


@transaction.atomic
def _moved(item: ReviewItem) -> bool:
    return steps.move_on(item).state == ReviewItem.State.OPEN
