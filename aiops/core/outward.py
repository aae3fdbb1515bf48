"""A POST to an address that people typed: to public addresses only, briefly, and believing nothing back.

What is connected to is looked at right before the connection is made, and it is that very address which is
connected to: a name that changes its mind between looking and connecting (DNS rebinding) gains nothing.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp

CONNECT = 5.0  # seconds
WHOLE = 10.0  # seconds for all of it
READ = 500  # bytes of an answer that anybody looks at

# Globally routed by the book, and still nobody's business: clouds' own hosts, relays, examples.
_REFUSED = tuple(
    ip_network(text)
    for text in (
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "2002::/16",
        "3fff::/20",
        "64:ff9b::/32",
    )
)
_UNICAST6 = ip_network("2000::/3")


class Refused(Exception):
    """The address is none that we send to. Trying again does not help."""


class Unreached(Exception):
    """No answer came. Trying again may help."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: its status, and the beginning of its text, which is hostile."""

    status: int
    text: str


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet: no loopback, private, link-local or metadata one."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if isinstance(ip, IPv6Address) and ip not in _UNICAST6:
        return False
    return _is_global(ip) and not any(ip in network for network in _REFUSED if network.version == ip.version)


def _is_global(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_loopback or ip.is_link_local)


def problem(url: str, *, http: bool = False) -> str:
    """What is wrong with `url` as a place to send to, in words; "" where nothing is. Looks nothing up."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "This is no address."
    if parts.scheme != "https" and not (http and parts.scheme == "http"):
        return "An address begins with https://."
    if not host or port == 0 or not url.isprintable() or " " in url:
        return "This is no address: write it like https://app.example.com/answers."
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "An address holds no name, no password and no #."
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return "This name is no public one."
    return "" if is_public(host) or not _is_ip(host) else "This address is no public one."


def _is_ip(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


class Post(Protocol):
    """What sends: `Sender`, and what tests put in its place."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Said: ...


@dataclass(frozen=True, slots=True)
class Sender:
    """`public` says of an IP address whether it may be connected to; `http`: without TLS too."""

    public: Callable[[str], bool] = is_public
    http: bool = False
    whole: float = WHOLE

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Said:
        """Raises Refused and Unreached. Redirects are answers like others: they are not followed."""
        scheme = urlsplit(url).scheme
        if scheme != "https" and not (self.http and scheme == "http"):
            raise Refused("Only https addresses are sent to.")
        return asyncio.run(self._post(url, body, headers))

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Said:
        door = _Door(self.public)
        connector = aiohttp.TCPConnector(
            socket_factory=door.socket_for, use_dns_cache=False, force_close=True, limit=1
        )
        timeout = aiohttp.ClientTimeout(total=self.whole, connect=CONNECT)
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector,
                    timeout=timeout,
                    trust_env=False,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    auto_decompress=False,
                ) as session,
                session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                return Said(answer.status, await _beginning(answer))
        except aiohttp.InvalidURL as error:
            raise Refused(f"This is no address: {error}"[:300]) from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            if door.refused:
                raise Refused(f"{door.refused} is no public address.") from None
            raise Unreached(_words(error)) from None


class _Door:
    """Makes a socket for a public address alone; `refused` is the last one that was none."""

    def __init__(self, public: Callable[[str], bool]) -> None:
        self._public = public
        self.refused = ""

    def socket_for(self, place: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = place
        if not self._public(str(address[0])):
            self.refused = str(address[0])
            raise OSError(f"{address[0]} is refused")
        return socket.socket(family, kind, protocol)


async def _beginning(answer: aiohttp.ClientResponse) -> str:
    found = await answer.content.read(READ)
    return found.decode(errors="replace").replace("\x00", "")


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "No answer came in time."
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "The name of the address is not known."
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"Its certificate is not trusted: {error.certificate_error}"[:300]
    return f"No answer: {error or type(error).__name__}"[:300]
