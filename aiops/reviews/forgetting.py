"""Texts of items go when those of their calls do: what people said of them stays."""

from aiops.accounts import queries as accounts
from aiops.core import clock
from aiops.gateway.partitions import month_of
from aiops.reviews.models import JudgedCall, ReviewItem, Seat


def forget() -> int:
    """Empty the copies of calls older than the workspace keeps these; how many items had one.

    Nobody can grade them any more: what is still open is withdrawn. A judge's reason may quote: it goes, too.
    """
    oldest = month_of(clock.now(), -accounts.workspace().retention_months)
    rows = ReviewItem.objects.filter(
        source=ReviewItem.Source.CALL, source_at__lt=oldest, output__isnull=False
    )
    JudgedCall.objects.filter(at__lt=oldest).exclude(reason="").update(reason="")
    numbers = list(rows.values_list("pk", flat=True))
    over = ReviewItem.objects.filter(pk__in=numbers, state__in=ReviewItem.ACTIVE)
    Seat.objects.filter(item__in=over).exclude(state=Seat.State.GRADED).delete()
    over.update(state=ReviewItem.State.WITHDRAWN, done_at=clock.now())
    return ReviewItem.objects.filter(pk__in=numbers).update(inputs=None, output=None, passages=None)
