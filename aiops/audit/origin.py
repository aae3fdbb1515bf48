"""Where a change comes from: the request's address, or the shell."""

from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

_origin: ContextVar[str] = ContextVar("origin", default="shell")


def current() -> str:
    """The address of the request being served, `shell` outside of one."""
    return _origin.get()


class OriginMiddleware:
    """Remembers the caller's address for the audit while a request is served."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _origin.set(str(request.META.get("REMOTE_ADDR", "")))
        try:
            return self.get_response(request)
        finally:
            _origin.reset(token)
