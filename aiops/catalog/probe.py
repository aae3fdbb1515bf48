"""Trying a provider by hand: one tiny real call, or its list of models. For people who wait at a page."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from aiops.catalog import queries
from aiops.catalog.connect import open_provider, open_vendor
from aiops.catalog.models import Model, Provider
from aiops.catalog.pricing import cost
from aiops.core import clock
from aiops.core.errors import AiopsError
from aiops.providers.errors import ProviderError
from aiops.providers.protocol import ChatProvider, ChatReply, ChatRequest, Message, Usage
from aiops.providers.retry import ONCE

T = TypeVar("T")
SECONDS = 20.0
QUESTION = "Reply with the word OK."


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of it. `trouble` is empty where the vendor answered; `reply` and `usage` belong to a call."""

    asked: str
    latency_ms: float
    trouble: str = ""
    status: int | None = None
    reply: str = ""
    usage: Usage | None = None
    usage_reported: bool = True
    cost: Decimal | None = None
    models: tuple[str, ...] = ()

    @property
    def audited(self) -> dict[str, Any]:
        """For the audit: what was tried and how it went, not what was said."""
        outcome = "answered" if not self.trouble else f"failed{f' ({self.status})' if self.status else ''}"
        return {"tried": self.asked, "outcome": outcome, "latency_ms": round(self.latency_ms)}


def call(model: Model) -> Probe:
    """One tiny chat on `model`, without retries."""
    request = ChatRequest(model=model.vendor_name, messages=(Message("user", QUESTION),), max_tokens=64)

    async def ask() -> ChatReply:
        return await _with(_open(model.provider), lambda opened: opened.chat(request, timeout=SECONDS))

    began = time.perf_counter()
    try:
        reply = asyncio.run(ask())
    except (ProviderError, AiopsError) as error:
        return _failed(model.name, began, error)
    price = queries.price_at(model, clock.now())
    return Probe(
        asked=model.name,
        latency_ms=_since(began) if reply.latency_ms is None else reply.latency_ms,
        reply=reply.text[:300],
        usage=reply.usage,
        usage_reported=reply.usage_reported,
        cost=cost(reply.usage, price) if price else None,
    )


def offered(provider: Provider) -> Probe:
    """The models that the vendor offers, without retries."""
    if provider.is_simulated:
        return Probe("the list of models", 0, trouble="A simulated provider has none: any name will do.")

    async def ask() -> tuple[str, ...]:
        return await _with(open_vendor(provider, ONCE), lambda opened: opened.models(timeout=SECONDS))

    began = time.perf_counter()
    try:
        return Probe("the list of models", _since(began), models=asyncio.run(ask()))
    except (ProviderError, AiopsError) as error:
        return _failed("the list of models", began, error)


def _open(provider: Provider) -> ChatProvider:
    return open_provider(provider) if provider.is_simulated else open_vendor(provider, ONCE)


O = TypeVar("O", bound=ChatProvider)  # noqa: E741 - what was opened


async def _with(opened: O, ask: Callable[[O], Awaitable[T]]) -> T:
    try:
        return await ask(opened)
    finally:
        await opened.close()


def _failed(asked: str, began: float, error: ProviderError | AiopsError) -> Probe:
    return Probe(asked, _since(began), trouble=str(error), status=getattr(error, "status", None))


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
