"""System checks of an install that others can reach: what is fine on one's own machine and wrong there."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Warning as Hint
from django.http.request import validate_host

from aiops import env


def production(**_scope: Any) -> list[Hint]:
    """Hints for an install whose public address is not this machine alone."""
    address = urlsplit(settings.PUBLIC_URL)
    host = address.hostname or ""
    return [] if env.is_loopback(host) else list(_hints(address.scheme, host))


def _hints(scheme: str, host: str) -> Iterator[Hint]:
    if settings.DEBUG:
        yield Hint(
            "DEBUG shows settings and code to whoever causes an error.", "Unset DEBUG.", id="aiops.W001"
        )
    if scheme != "https":
        yield Hint(
            "Passwords and sessions cross the network readable.",
            "Put a TLS proxy in front and write AIOPS_PUBLIC_URL with https://.",
            id="aiops.W002",
        )
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield Hint(
            f"The console refuses its own address: {host} is not among ALLOWED_HOSTS.",
            f"Set ALLOWED_HOSTS={host}.",
            id="aiops.W003",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Hint("Any host name is accepted.", f"Set ALLOWED_HOSTS={host}.", id="aiops.W004")
    if not settings.SENDS_EMAIL:
        yield Hint("E-mail is printed, not sent.", "Set EMAIL_URL to your mail server.", id="aiops.W005")
