"""A model server over real sockets, and adapters on it that wait no longer than a test may."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

from aiops.providers.anthropic import Anthropic
from aiops.providers.openai_compatible import OpenAICompatible
from aiops.providers.protocol import ChatPiece, ChatReply, ChatRequest, Message
from aiops.providers.retry import Policy
from tests.fakes.model_server import ModelServer

T = TypeVar("T")
QUICK = Policy(base=0.01, cap=0.02)
Adapter = OpenAICompatible | Anthropic


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


def request_of(text: str = "Guten Tag", **rest: Any) -> ChatRequest:
    return ChatRequest(
        **{"model": "fake-small", "messages": (Message("user", text),), "max_tokens": 50, **rest}
    )


def using(adapter: Callable[[], Adapter], ask: Callable[[Adapter], Awaitable[T]]) -> T:
    """Open the adapter in a new event loop, ask, close."""

    async def run() -> T:
        opened = adapter()
        try:
            return await ask(opened)
        finally:
            await opened.close()

    return asyncio.run(run())


def chat(
    adapter: Callable[[], Adapter], request: ChatRequest | None = None, *, timeout: float = 5
) -> ChatReply:
    return using(adapter, lambda opened: opened.chat(request or request_of(), timeout=timeout))


def stream(
    adapter: Callable[[], Adapter], request: ChatRequest | None = None, *, timeout: float = 5
) -> list[ChatPiece]:
    async def collect(opened: Adapter) -> list[ChatPiece]:
        return [piece async for piece in opened.stream(request or request_of(), timeout=timeout)]

    return using(adapter, collect)
