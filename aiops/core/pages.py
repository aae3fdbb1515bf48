"""Page first, fragment second, one URL: what HTMX asks for is a part of the page it came from."""

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

PAGE_SIZE = 50


def wants_fragment(request: HttpRequest) -> bool:
    """Whether HTMX asks for a part; a boosted link or a restored history entry wants the whole page."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx and not htmx.boosted and not htmx.history_restore_request)


def page_or_fragment(
    request: HttpRequest, page: str, fragment: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """Render template `page`, or its part `fragment` where HTMX asks for a part.

    The answer varies by the header, so that caches and the back button keep them apart.
    """
    template = fragment if wants_fragment(request) else page
    response = render(request, template, dict(context), status=status)
    response["Vary"] = "HX-Request"
    return response


def asked(request: HttpRequest, name: str, limit: int = 200) -> str:
    """The URL's parameter `name`: trimmed, up to `limit` characters, without NUL, which no column holds."""
    return request.GET.get(name, "").replace("\0", "").strip()[:limit]


def paginate(request: HttpRequest, rows: Any, size: int = PAGE_SIZE) -> Page[Any]:
    """The page of `rows` that the URL's `page` names; out of range gives the nearest."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
