"""What the shell around every page needs."""

from typing import Any

from django.http import HttpRequest

from aiops.dashboards import rail
from aiops.features.context import OWN


def shell(request: HttpRequest) -> dict[str, Any]:
    """`rail`: its sections for the signed-in person; `current_feature` on its own pages; addresses."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    place = request.resolver_match
    on_feature = place is not None and place.app_name in OWN and "slug" in place.kwargs
    return {
        **({"current_feature": place.kwargs["slug"]} if place and on_feature else {}),
        "rail": rail.sections(user),
        "home_url": rail.address("dashboards:home"),
        "search_url": rail.address("dashboards:search"),
        "switch_url": rail.address("dashboards:switch"),
        "account_url": rail.address("accounts:account"),
        "sign_out_url": rail.address("accounts:sign-out"),
    }
