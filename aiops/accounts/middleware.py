"""What holds for every page of a person who signed in."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class PersonMiddleware:
    """Shows times in the person's zone, keeps the session alive, and lets no cache keep the page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(zoneinfo.ZoneInfo(request.user.timezone)):
            response = self.get_response(request)
        if getattr(request.session, "is_stale", False):
            request.session.modified = True  # one write in five minutes instead of one for each request
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store, private"
        return response
