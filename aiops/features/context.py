"""The feature switcher of the rail."""

from typing import Any

from django.http import HttpRequest

from aiops.features.models import Feature

OWN = frozenset(
    {"features", "deployments", "feature", "trying", "guardrails"}
)  # whose pages are about the feature in their address


def switcher(request: HttpRequest) -> dict[str, Any]:
    """`switcher_features`: lazily, what the rail offers; `current_feature`: the chosen slug or ''.

    A feature's own pages count as its choice, filters of other pages by their `feature`.
    """
    found = request.resolver_match
    own = found.kwargs.get("slug", "") if found and found.app_name in OWN else ""
    return {
        "switcher_features": Feature.objects.only("slug", "name"),
        "current_feature": own or request.GET.get("feature", ""),
    }
