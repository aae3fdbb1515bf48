"""A word after a change, with a way back where the change may be undone alone."""

import json
from collections.abc import Callable

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

EVENT = "aiops:toast"


def success(request: HttpRequest, text: str, undo_url: str | None = None) -> None:
    """Say `text` on the next page. `undo_url`: a path of this console that takes the change back by POST."""
    messages.success(request, text, extra_tags=undo_url or "")


def failure(request: HttpRequest, text: str) -> None:
    """Say on the next page what did not work; it stays until it is dismissed."""
    messages.error(request, text)


def error(request: HttpRequest, text: str) -> None:
    """Say on the next page why something could not be done."""
    messages.error(request, text)


def undo_url(message: Message) -> str:
    """The path that takes back what `message` says, '' where there is none; never an address elsewhere."""
    path = message.extra_tags or ""
    ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if ours else ""


class ToastMiddleware:
    """An answer that HTMX swaps into a page carries waiting messages as an event, which the page shows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not getattr(request, "htmx", None) or not 200 <= response.status_code < 300:
            return response
        if any(response.has_header(name) for name in ("HX-Redirect", "HX-Refresh", "HX-Trigger")):
            return response
        waiting = [{"text": str(each), "kind": each.level_tag} for each in messages.get_messages(request)]
        if waiting:
            response["HX-Trigger"] = json.dumps({EVENT: waiting})
        return response
