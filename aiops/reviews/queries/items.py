"""The items of the queue, for who leads it."""

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from aiops.reviews.models import ReviewItem, Seat, Skip
from aiops.reviews.queries.backlog import graders


def listed(state: str = "", feature: str = "", language: str = "", why: str = "") -> QuerySet[ReviewItem]:
    """Items in a state ("": those that are still to be graded; "all"), with how many seats have their grade.

    The active ones the oldest first, others the newest first. Rounds and probes have pages of their own.
    """
    rows = ReviewItem.objects.filter(round=None).select_related("feature").defer("inputs", "passages")
    if state != "all":
        rows = rows.filter(state__in=[state] if state else ReviewItem.ACTIVE)
    equal = {"feature__slug": feature, "language": language}
    rows = rows.filter(**{name: value for name, value in equal.items() if value})
    graded = Count("places", filter=Q(places__state=Seat.State.GRADED))
    rows = _narrowed(rows, why).annotate(graded=graded)
    return rows.order_by("id") if not state or state in ReviewItem.ACTIVE else rows.order_by("-id")


def _narrowed(rows: QuerySet[ReviewItem], why: str) -> QuerySet[ReviewItem]:
    of = OuterRef("pk")
    if why == "differ":
        return rows.filter(Exists(Seat.objects.filter(item=of, role=Seat.Role.ADJUDICATE)))
    if why == "skipped":
        return rows.filter(Exists(Skip.objects.filter(item=of, cleared_at=None)))
    if why == "nobody":
        read = {language for person in graders() for language in person.languages}
        return rows.exclude(language__in=["", *read])
    return rows


def features() -> list[str]:
    """The features that ever had an item."""
    return list(
        ReviewItem.objects.order_by("feature__slug").values_list("feature__slug", flat=True).distinct()
    )


def probes() -> QuerySet[ReviewItem]:
    """Gold probes, those in use first, with how many had them and how many said what is known."""
    rows = ReviewItem.objects.filter(gold__isnull=False).select_related("feature")
    return rows.annotate(
        had=Count("grades"),
        hit=Count("grades", filter=Q(grades__passed=True, gold__passed=True))
        + Count("grades", filter=Q(grades__passed=False, gold__passed=False)),
    ).order_by("done_at", "-id")
