"""What templates may ask about the person."""

from typing import Any

from django.http import HttpRequest


def access(request: HttpRequest) -> dict[str, Any]:
    """`may`: the person's permissions as `may.prompts_edit`, for the rail and for buttons."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"may": {}}
    return {"may": {permission.name.lower(): True for permission in user.permissions}}
