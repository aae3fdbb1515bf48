"""The feature switcher of the rail."""

from typing import Any

from django.http import HttpRequest

from aiops.features.models import Feature


def switcher(request: HttpRequest) -> dict[str, Any]:
    """`switcher_features`: lazily, the features that the rail offers; `current_feature`: the chosen slug or ''."""
    return {
        "switcher_features": Feature.objects.only("slug", "name"),
        "current_feature": request.GET.get("feature", ""),
    }
