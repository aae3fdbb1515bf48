"""The feature switcher of the rail."""

from typing import Any

from django.http import HttpRequest

from aiops.features.models import Feature

OWN = "features/<slug:slug>/"  # below it all pages are about one feature, whichever app they belong to


def switcher(request: HttpRequest) -> dict[str, Any]:
    """`switcher_features`: lazily, what the rail offers; `current_feature`: the chosen slug or ''.

    A feature's own pages count as its choice, filters of other pages by their `feature`.
    """
    found = request.resolver_match
    own = found.kwargs["slug"] if found and found.route.startswith(OWN) else ""
    return {
        "switcher_features": Feature.objects.only("slug", "name"),
        "current_feature": own or request.GET.get("feature", ""),
    }
