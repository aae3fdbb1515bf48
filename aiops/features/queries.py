"""Named questions about features. Nothing here writes."""

from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet
from pydantic import ValidationError

from aiops.audit.models import AuditEvent
from aiops.core.errors import InvalidInput
from aiops.features.models import Feature, PolicyVersion
from aiops.features.policy import Policy


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


def latest_policy(feature: Feature) -> PolicyVersion | None:
    """The version in force; None: the defaults are."""
    return feature.policies.order_by("-number").first()


def policy_versions(feature: Feature) -> "QuerySet[PolicyVersion]":
    """All versions with their authors, the newest first."""
    return feature.policies.select_related("by").order_by("-number")


def callback_urls(slugs: Iterable[str]) -> dict[str, str]:
    """Where answers of tickets go, by feature, of those that say it."""
    rows = PolicyVersion.objects.filter(feature__slug__in=set(slugs))
    newest = rows.order_by("feature_id", "-number").distinct("feature_id")
    found = newest.values_list("feature__slug", "settings__callback_url")
    return {slug: url for slug, url in found if url}


def policy_in_force(feature: Feature) -> Policy:
    """What the feature decides now. InvalidInput where the stored version no longer reads."""
    latest = latest_policy(feature)
    try:
        return Policy.model_validate(latest.settings) if latest else Policy()
    except ValidationError:
        raise InvalidInput("The stored policy no longer reads. Save a new one on its page.") from None
