import asyncio

import pytest

from aiops.catalog import connect, keys
from aiops.core.errors import InvalidInput
from aiops.providers.anthropic import Anthropic
from aiops.providers.openai_compatible import OpenAICompatible
from aiops.providers.protocol import ChatRequest, Message
from tests.factories import make_provider


def chat(provider):
    async def run():
        opened = connect.open_provider(provider)
        try:
            return await opened.chat(ChatRequest("m", (Message("user", "hi"),), 10), timeout=5), type(opened)
        finally:
            await opened.close()

    return asyncio.run(run())


def test_openai_compatible_gets_its_key(vendor, server):
    reply, kind = chat(vendor)
    assert (reply.text, kind) == ("hi", OpenAICompatible)
    assert server.requests[-1].headers["authorization"] == "Bearer sk-test-1234567890abcd"


def test_anthropic_gets_its_key(db, server):
    provider = make_provider(
        kind="anthropic", base_url=server.base_url, api_key_encrypted=keys.seal("sk-ant")
    )
    reply, kind = chat(provider)
    assert (reply.text, kind, server.requests[-1].headers["x-api-key"]) == ("hi", Anthropic, "sk-ant")


def test_simulated_needs_no_address(db):
    reply, _ = chat(make_provider(kind="simulated"))
    assert reply.text


def test_wrong_settings_are_named():
    with pytest.raises(InvalidInput, match="The settings are wrong: attempts"):
        connect.options_of("anthropic", {"attempts": "many"})


def test_options_are_described_by_kind():
    assert ("anthropic_version", '"2023-06-01"', "the anthropic-version header") in connect.options_described(
        "anthropic"
    )
    assert ("time_scale", "1.0") in [
        (name, value) for name, value, _ in connect.options_described("simulated")
    ]
    names = [name for name, _, _ in connect.options_described()]
    assert names == sorted(set(names), key=names.index)
    assert {"api_version", "anthropic_version"} < set(names)
