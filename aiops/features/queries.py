"""Named questions about features. Nothing here writes."""

from django.db.models import Count, Q, QuerySet

from aiops.audit.models import AuditEvent
from aiops.features.models import Feature


def features_listed(text: str = "") -> "QuerySet[Feature]":
    """Features for the list, each with `prompt_count` and `dataset_count`.

    `text` is sought in slug, name and description.
    """
    rows = Feature.objects.annotate(
        prompt_count=Count("prompts", distinct=True), dataset_count=Count("datasets", distinct=True)
    )
    if text:
        rows = rows.filter(Q(slug__icontains=text) | Q(name__icontains=text) | Q(description__icontains=text))
    return rows.order_by("slug")


def history(feature: Feature) -> "QuerySet[AuditEvent]":
    """What was done to the feature and to what belongs to it, the newest first."""
    return AuditEvent.objects.filter(feature=feature.slug).order_by("-id")
