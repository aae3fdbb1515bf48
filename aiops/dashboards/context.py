"""What the shell around every page needs."""

from typing import Any

from django.http import HttpRequest

from aiops.dashboards import rail


def shell(request: HttpRequest) -> dict[str, Any]:
    """`rail`: its sections for the signed-in person; the addresses of search, switcher, account, sign-out."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {
        "rail": rail.sections(user),
        "home_url": rail.address("dashboards:home"),
        "search_url": rail.address("dashboards:search"),
        "switch_url": rail.address("dashboards:switch"),
        "account_url": rail.address("accounts:account"),
        "sign_out_url": rail.address("accounts:sign-out"),
    }
