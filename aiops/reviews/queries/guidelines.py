"""Named questions about guidelines. Nothing here writes."""

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery

from aiops.features.models import Feature
from aiops.reviews.models import Guideline


def guideline_in_force(feature: Feature) -> Guideline | None:
    return Guideline.objects.filter(feature=feature).select_related("by").order_by("-number").first()


def features_with_guidelines() -> "QuerySet[Feature]":
    """Each chat feature, with its guideline's number (`latest`, None for none), who wrote it and when."""
    newest = Guideline.objects.filter(feature=OuterRef("pk")).order_by("-number")
    return (
        Feature.objects.filter(kind=Feature.Kind.CHAT)
        .order_by("slug")
        .annotate(
            latest=Max("guidelines__number"),
            written_at=Max("guidelines__at"),
            written_by=Subquery(newest.values("by__email")[:1]),
            versions=Count("guidelines"),
        )
    )
