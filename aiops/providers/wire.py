"""HTTP to one vendor: one connection pool, statuses turned into our errors, sizes and times bounded.

By aiohttp itself: measured, httpx on top of it costs as much again (ADR 0090). Redirects, cookies and the
environment's proxies are off: a model call needs none of them.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from functools import cache
from ssl import SSLContext
from typing import Any

import aiohttp
import httpx
import orjson
from multidict import CIMultiDict
from yarl import URL

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
        self._headers = CIMultiDict({**standing, "content-type": "application/json", **headers})
        self._timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=connect_timeout, sock_read=read_timeout
        )
        self._concurrency = concurrency
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None
        self._max_bytes = max_bytes
        self._secret = secret

    async def post(self, url: URL, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that `url` answers. One attempt; raises ProviderError."""
        async with _Asked(self, "POST", url, json.dumps(payload).encode()) as response:
            return self._parse(await self._read(response))

    async def get(self, url: URL) -> dict[str, Any]:
        """The JSON object at `url`. One attempt; raises ProviderError."""
        async with _Asked(self, "GET", url, None) as response:
            return self._parse(await self._read(response))

    async def lines(self, url: URL, payload: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
        """The lines of a streamed answer, without their ends. One attempt; raises ProviderError."""
        async with _Asked(self, "POST", url, json.dumps(payload).encode()) as response:
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

    async def send(self, method: str, url: URL, content: bytes | None) -> aiohttp.ClientResponse:
        """The answer's head. Its body is still to be read, and the answer to be closed."""
        if self._session is None:
            self._session = _session(self._concurrency)
        return await self._session.request(
            method,
            url,
            data=content,
            headers=self._headers,
            timeout=self._timeout,
            allow_redirects=False,
            proxy=self._proxy,
        )

    async def close(self) -> None:
        """Give connections back."""
        if self._session is not None:
            await self._session.close()

    def clean(self, text: str) -> str:
        """A vendor's words for an error: one line, short, without the key."""
        words = " ".join(text.split())
        if self._secret:
            words = words.replace(self._secret, "[key]")
        return words if len(words) <= SHOWN else words[: SHOWN - 1] + "…"

    async def _blocks(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        left = self._max_bytes
        while block := await response.content.readany():
            left -= len(block)
            if left < 0:
                raise BadReply(f"The answer is longer than {self._max_bytes:,} bytes.")
            yield block

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        length = response.content_length
        if length is not None and length <= self._max_bytes and "content-encoding" not in response.headers:
            return await response.read()
        return b"".join([block async for block in self._blocks(response)])

    def _parse(self, body: bytes) -> dict[str, Any]:
        try:
            parsed = _loaded(body)
        except (ValueError, RecursionError):
            shown = self.clean(body[:2000].decode(errors="replace")) or "nothing"
            raise BadReply(f"The answer is not JSON. It reads: {shown}") from None
        if not isinstance(parsed, dict):
            raise BadReply(f"The answer is not a JSON object but a {type(parsed).__name__}.")
        return parsed

    async def failure(self, response: aiohttp.ClientResponse) -> ProviderError:
        status = response.status
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
            words = f"{words.rstrip('.')}. Asked was {response.url.with_query(None)}."
        return self._by_status(status, words, code, response.headers)

    def _by_status(self, status: int, words: str, code: str, headers: Mapping[str, str]) -> ProviderError:
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


def _loaded(body: bytes) -> Any:
    """By orjson; what it finds too lax (half a character, NaN) the standard library still reads."""
    try:
        return orjson.loads(body)
    except ValueError:
        return json.loads(body)


def _session(concurrency: int) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=concurrency, keepalive_timeout=30, ssl=trusted())
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


class _Asked:
    """One request under way, its errors turned into ours. A class: contextmanager costs more per call."""

    __slots__ = ("_content", "_endpoint", "_method", "_response", "_url")

    def __init__(self, endpoint: Endpoint, method: str, url: URL, content: bytes | None) -> None:
        self._endpoint = endpoint
        self._method = method
        self._url = url
        self._content = content
        self._response: aiohttp.ClientResponse | None = None

    async def __aenter__(self) -> aiohttp.ClientResponse:
        try:
            response = self._response = await self._endpoint.send(self._method, self._url, self._content)
            if response.status != 200:
                raise await self._endpoint.failure(response)
        except BaseException as error:
            await self.__aexit__(None, error, None)
            raise
        return response

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if self._response is not None:
            self._response.release()  # keeps the connection where the answer has been read to its end
        if error is not None and (ours := mapped(error, self._url.host or "")):
            raise ours from None


def mapped(error: BaseException, host: str) -> ProviderError | None:
    """An error of the connection in our words; None for any other."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Unreachable(f"No connection to {host} in time.")
    if isinstance(error, aiohttp.ServerTimeoutError):
        return Timeout(f"{host} fell silent.")
    if isinstance(error, aiohttp.ClientConnectorError):
        return Unreachable(f"No connection to {host}: {_reason(error)}.")
    if isinstance(error, aiohttp.ClientError | OSError) and not isinstance(error, TimeoutError):
        return Broken(f"The connection to {host} broke.")
    return None


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
