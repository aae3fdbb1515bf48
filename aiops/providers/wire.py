"""HTTP to one vendor: one connection pool, statuses turned into our errors, sizes and times bounded.

Requests go straight to `httpx_aiohttp`'s transport, past `httpx.AsyncClient`: a model call needs none of its
redirects, cookies, environment proxies and event hooks, and they cost half of a call's CPU time (ADR 0010).
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from ssl import SSLContext
from typing import Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from aiops.providers import retry
from aiops.providers.errors import (
    BadKey,
    BadReply,
    Broken,
    NoCredit,
    ProviderError,
    RateLimited,
    Refused,
    ServerError,
    Timeout,
    Unreachable,
)

SHOWN = 300  # characters of a vendor's words that an error repeats
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PASSING = frozenset({408, 409})
_NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_error"})


@cache
def trusted() -> SSLContext:
    """The certificates we trust, loaded once: it takes 20 ms. `SSL_CERT_FILE` adds a company's own."""
    return httpx.create_ssl_context()


class Endpoint:
    """A vendor's address. `secret` is struck out of every message, should the vendor repeat it."""

    def __init__(
        self,
        *,
        headers: Mapping[str, str],
        concurrency: int,
        read_timeout: float,
        connect_timeout: float = 5.0,
        max_bytes: int = 8 * 1024 * 1024,
        secret: str = "",
        proxy: str | None = None,
    ) -> None:
        standing = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "aiops"}
        self._headers = httpx.Headers(
            {**standing, "content-type": "application/json", **headers}, encoding="utf-8"
        )
        limits = httpx.Limits(
            max_connections=concurrency, max_keepalive_connections=concurrency, keepalive_expiry=30
        )
        self._transport = AiohttpTransport(
            verify=trusted(),
            limits=limits,
            client=lambda: _session(limits),
            proxy=httpx.Proxy(proxy) if proxy else None,
        )
        self._extensions = {"timeout": {"connect": connect_timeout, "read": read_timeout}}
        self._max_bytes = max_bytes
        self._secret = secret

    async def post(self, url: httpx.URL, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that `url` answers. One attempt; raises ProviderError."""
        async with self._open("POST", url, json.dumps(payload).encode()) as response:
            return self._parse(await self._read(response))

    async def get(self, url: httpx.URL) -> dict[str, Any]:
        """The JSON object at `url`. One attempt; raises ProviderError."""
        async with self._open("GET", url, b"") as response:
            return self._parse(await self._read(response))

    async def lines(self, url: httpx.URL, payload: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
        """The lines of a streamed answer, without their ends. One attempt; raises ProviderError."""
        async with self._open("POST", url, json.dumps(payload).encode()) as response:
            kind = response.headers.get("content-type", "")
            if not kind.startswith("text/event-stream"):
                raise BadReply(
                    f"The answer is no event stream but {self.clean(kind) or 'of no stated type'}."
                )
            rest = b""
            async for block in self._blocks(response):
                *lines, rest = (rest + block).split(b"\n")
                for line in lines:
                    yield line.removesuffix(b"\r")
            yield rest

    async def close(self) -> None:
        """Give connections back."""
        await self._transport.aclose()

    def clean(self, text: str) -> str:
        """A vendor's words for an error: one line, short, without the key."""
        words = " ".join(text.split())
        if self._secret:
            words = words.replace(self._secret, "[key]")
        return words if len(words) <= SHOWN else words[: SHOWN - 1] + "…"

    @asynccontextmanager
    async def _open(self, method: str, url: httpx.URL, content: bytes) -> AsyncIterator[httpx.Response]:
        request = httpx.Request(method, url, content=content, extensions=self._extensions)
        request.headers = (
            self._headers
        )  # shared: the transport only reads them, and adds host and length itself
        with _mapped(str(url.host)):
            response = await self._transport.handle_async_request(request)
            try:
                if response.status_code != 200:
                    raise await self._failure(response)
                yield response
            finally:
                await response.stream.aclose()  # type: ignore[union-attr]  # the transport's streams are async

    async def _blocks(self, response: httpx.Response) -> AsyncIterator[bytes]:
        left = self._max_bytes
        encoded = "content-encoding" in response.headers
        async for block in response.aiter_bytes() if encoded else response.stream:  # type: ignore[union-attr]  # an async answer streams so
            left -= len(block)
            if left < 0:
                raise BadReply(f"The answer is longer than {self._max_bytes:,} bytes.")
            yield block

    async def _read(self, response: httpx.Response) -> bytes:
        return b"".join([block async for block in self._blocks(response)])

    def _parse(self, body: bytes) -> dict[str, Any]:
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            shown = self.clean(body[:2000].decode(errors="replace")) or "nothing"
            raise BadReply(f"The answer is not JSON. It reads: {shown}") from None
        if not isinstance(parsed, dict):
            raise BadReply(f"The answer is not a JSON object but a {type(parsed).__name__}.")
        return parsed

    async def _failure(self, response: httpx.Response) -> ProviderError:
        status = response.status_code
        if 300 <= status < 400:
            where = self.clean(response.headers.get("location", "").partition("?")[0])
            return Refused(
                f"Redirected ({status}) to {where or 'nowhere'}. Redirects are not followed: "
                "set the base URL to the final address.",
                status=status,
            )
        try:
            body = await self._read(response)
        except BadReply:
            body = b""
        words, code = _complaint(body)
        words = self.clean(words) or "no reason given"
        if status in {404, 405}:
            words = f"{words.rstrip('.')}. Asked was {response.url.copy_with(query=None)}."
        return self._by_status(status, words, code, response.headers)

    def _by_status(self, status: int, words: str, code: str, headers: httpx.Headers) -> ProviderError:
        asked = retry.seconds_to_wait(headers.get("retry-after"))
        if milliseconds := retry.seconds_to_wait(headers.get("retry-after-ms")):
            asked = milliseconds / 1000
        again = False if headers.get("x-should-retry") == "false" else None
        if status == 429:
            if code in _NO_CREDIT:
                return NoCredit(f"The vendor's credit is used up (429): {words}", status=status)
            return RateLimited(
                f"Too many requests (429): {words}", status=status, retry_after=asked, retryable=again
            )
        if status >= 500 or status in _PASSING:
            return ServerError(
                f"The vendor failed ({status}): {words}", status=status, retry_after=asked, retryable=again
            )
        if status in {401, 403}:
            return BadKey(f"The vendor does not accept the key ({status}): {words}", status=status)
        return Refused(f"The vendor refused the request ({status}): {words}", status=status)


def _session(limits: httpx.Limits) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=limits.max_connections or 0, keepalive_timeout=limits.keepalive_expiry, ssl=trusted()
    )
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


class _mapped:  # noqa: N801 - reads as the statement it is used as
    """Turns the transport's errors into ours. A class, since contextmanager costs more per call."""

    __slots__ = ("_host",)

    def __init__(self, host: str) -> None:
        self._host = host

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        cause = error.__cause__ if isinstance(error, httpx.TransportError) else error
        if isinstance(cause, aiohttp.ConnectionTimeoutError):
            raise Unreachable(f"No connection to {self._host} in time.") from None
        if isinstance(cause, aiohttp.ServerTimeoutError):
            raise Timeout(f"{self._host} fell silent.") from None
        if isinstance(cause, aiohttp.ClientConnectorError):
            raise Unreachable(f"No connection to {self._host}: {_reason(cause)}.") from None
        if isinstance(error, httpx.TransportError) or isinstance(cause, aiohttp.ClientError | OSError):
            raise Broken(f"The connection to {self._host} broke.") from None


def _reason(error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not trusted. The authority of a company's own goes into SSL_CERT_FILE"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return "it does not speak TLS there; is http:// meant"
    if error.host in _LOOPBACK:
        return "nothing listens there. In a container, localhost is the container itself"
    return error.os_error.strerror or type(error.os_error).__name__


def _complaint(body: bytes) -> tuple[str, str]:
    """The vendor's words and its code from an error's body, in any of the shapes seen in the wild."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return body[:2000].decode(errors="replace"), ""
    error = parsed.get("error", parsed) if isinstance(parsed, dict) else parsed
    if not isinstance(error, dict):
        return str(error), ""
    words = error.get("message") or error.get("detail") or json.dumps(error)[:2000]
    return str(words), str(error.get("code") or error.get("type") or "")
