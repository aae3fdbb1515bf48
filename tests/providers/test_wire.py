import asyncio
import ssl

import aiohttp
import httpx
import pytest
from httpx_aiohttp import AiohttpTransport

from aiops.providers import errors
from aiops.providers.openai_compatible import OpenAICompatible
from aiops.providers.wire import Endpoint, _complaint, _mapped
from tests.providers.conftest import request_of


def test_transport_is_the_measured_one_and_is_opened_once(server):
    async def run():
        opened = OpenAICompatible(base_url=server.base_url)
        transport = opened._endpoint._transport
        await opened.chat(request_of(), timeout=5)
        first = transport.client
        await opened.chat(request_of(), timeout=5)
        same = transport.client is first
        await opened.close()
        return type(transport), same

    assert asyncio.run(run()) == (AiohttpTransport, True)


def test_answer_has_a_largest_size(server):
    async def run():
        endpoint = Endpoint(headers={}, concurrency=1, read_timeout=2, max_bytes=50)
        try:
            await endpoint.get(httpx.URL(f"{server.base_url}/models"))
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
        (aiohttp.ServerDisconnectedError(), errors.Unreachable, "The connection to vendor broke"),
        (
            aiohttp.ClientConnectorCertificateError(Key(), ssl.SSLCertVerificationError()),  # type: ignore[arg-type]  # a stand-in
            errors.Unreachable,
            "certificate is not trusted",
        ),
    ],
)
def test_errors_of_the_connection_are_put_into_words(cause, kind, words):
    with pytest.raises(kind, match=words), _mapped("vendor"):
        raise httpx.ConnectTimeout("") from cause


def test_errors_that_are_no_connection_pass():
    with pytest.raises(ZeroDivisionError), _mapped("vendor"):
        raise ZeroDivisionError
