"""Error pages in words: what happened, and what to do. Within the shell for people who signed in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - by this name
    """400. The exception's text may repeat what a stranger sent, so it is not shown."""
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/403.html", {"said": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/404.html", {"said": _words(exception)}, status=404)


def server_error(_request: HttpRequest) -> HttpResponse:
    """500. Without the request, its user or the database: any of them may be what failed."""
    return HttpResponse(render_to_string("errors/500.html"), status=500)


def too_many_requests(request: HttpRequest, said: str = "") -> HttpResponse:
    return render(request, "errors/429.html", {"said": said}, status=429)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token; `reason` is Django's, shown to developers only."""
    return render(request, "errors/csrf.html", {"said": reason if settings.DEBUG else ""}, status=403)


def _words(exception: Exception) -> str:
    """What `load` or a view wrote; nothing for the resolver's list of patterns."""
    said = exception.args[0] if exception.args else ""
    return said if isinstance(said, str) and not said.startswith("No ") else ""
