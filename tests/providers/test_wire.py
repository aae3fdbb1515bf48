import asyncio
import ssl

import aiohttp
import pytest
from yarl import URL

from aiops.providers import errors
from aiops.providers.openai_compatible import OpenAICompatible
from aiops.providers.wire import Endpoint, _complaint, mapped
from tests.providers.conftest import request_of


def test_connections_are_opened_once_and_kept(server):
    async def run():
        opened = OpenAICompatible(base_url=server.base_url)
        await opened.chat(request_of(), timeout=5)
        first = opened._endpoint._session
        await opened.chat(request_of(), timeout=5)
        same = opened._endpoint._session is first
        await opened.close()
        return same, first.closed

    assert asyncio.run(run()) == (True, True)


def test_answer_has_a_largest_size(server):
    async def run():
        endpoint = Endpoint(headers={}, concurrency=1, read_timeout=2, max_bytes=50)
        try:
            await endpoint.get(URL(f"{server.base_url}/models"))
        finally:
            await endpoint.close()

    with pytest.raises(errors.BadReply, match="longer than 50 bytes"):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b'{"error": {"message": "m", "code": "c"}}', ("m", "c")),
        (b'{"error": {"message": "m", "type": "t"}}', ("m", "t")),
        (b'{"error": "in words"}', ("in words", "")),
        (b'{"detail": "vLLM says"}', ("vLLM says", "")),
        (b'{"object": "error", "message": "old vLLM", "code": 404}', ("old vLLM", "404")),
        (b'{"error": {"odd": 1}}', ('{"odd": 1}', "")),
        (b"[1]", ("[1]", "")),
        (b"<html>", ("<html>", "")),
    ],
)
def test_complaints_are_found_in_all_shapes(body, complaint):
    assert _complaint(body) == complaint


class Key:
    ssl = True
    host, port, is_ssl = "vendor", 443, True


@pytest.mark.parametrize(
    ("cause", "kind", "words"),
    [
        (aiohttp.ConnectionTimeoutError(), errors.Unreachable, "No connection to vendor in time"),
        (aiohttp.SocketTimeoutError(), errors.Timeout, "vendor fell silent"),
        (aiohttp.ServerDisconnectedError(), errors.Broken, "The connection to vendor broke"),
        (
            aiohttp.ClientConnectorCertificateError(Key(), ssl.SSLCertVerificationError()),  # type: ignore[arg-type]  # a stand-in
            errors.Unreachable,
            "certificate is not trusted",
        ),
    ],
)
def test_errors_of_the_connection_are_put_into_words(cause, kind, words):
    found = mapped(cause, "vendor")

    assert (type(found), words in str(found)) == (kind, True)


def test_errors_that_are_no_connection_stay_what_they_are():
    assert mapped(ZeroDivisionError(), "vendor") is None
