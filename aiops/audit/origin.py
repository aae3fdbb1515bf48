"""Where a change comes from: the request's address, or the shell."""

from collections.abc import Callable
from contextvars import ContextVar
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_origin: ContextVar[str] = ContextVar("origin", default="shell")


def current() -> str:
    """The address of the request being served, `shell` outside of one."""
    return _origin.get()


def client_address(request: HttpRequest) -> str:
    """The caller's address: what the nearest proxy outside of TRUSTED_PROXIES is, seen by those inside.

    `X-Forwarded-For` is read from its right end, and only as far as trusted proxies wrote it: anybody may
    send one. Without TRUSTED_PROXIES it is not read at all.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    while hops and _is_trusted(address):
        hop = hops.pop().strip()
        if not _is_address(hop):
            break
        address = hop
    return address


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(address: str) -> bool:
    return _is_address(address) and any(
        ip_address(address) in ip_network(network, strict=False) for network in settings.TRUSTED_PROXIES
    )


class OriginMiddleware:
    """Remembers the caller's address for the audit while a request is served."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _origin.set(client_address(request))
        try:
            return self.get_response(request)
        finally:
            _origin.reset(token)
