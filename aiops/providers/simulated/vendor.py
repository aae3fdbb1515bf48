"""The vendor itself: reads the request, lets a skill answer, and behaves like something across a network."""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from typing import Any

import regex
from pydantic import BaseModel, ConfigDict, Field

from aiops.providers.errors import Timeout
from aiops.providers.protocol import ChatPiece, ChatReply, ChatRequest, EmbedReply, EmbedRequest, Usage
from aiops.providers.simulated import faults, latency, tokens, vectors
from aiops.providers.simulated.brief import Brief, read
from aiops.providers.simulated.draws import fraction
from aiops.providers.simulated.skills import answer

_OVERHEAD_PER_MESSAGE = 4  # tokens for the role and the separators, as chat templates have them
_WORD_BY_WORD = regex.compile(r"\s*\S{1,12}")


class Settings(BaseModel):
    """What an administrator may set on a simulated provider."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time_scale: float = Field(default=1.0, ge=0, le=100, description="1: real time; 0: answers at once")
    failure_rate: float = Field(default=0.0, ge=0, le=1, description="share of requests that fail")
    seed: str = Field(default="", description="another seed is another model with the same skills")


class Simulated:
    """A `ChatProvider` without a network. `settings` as in `Settings`; raises ValueError for any other."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = Settings.model_validate(dict(settings))

    async def chat(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """The answer, after the latency that the model would have had."""
        reply = self._reply(request, timeout)
        await asyncio.sleep((reply.latency_ms or 0) / 1000 * self.settings.time_scale)
        return reply

    async def stream(self, request: ChatRequest, *, timeout: float) -> AsyncIterator[ChatPiece]:
        """The answer in pieces of a few letters; the first comes after half of the latency."""
        reply = self._reply(request, timeout)
        pieces = _WORD_BY_WORD.findall(reply.text) or [""]
        half = (reply.latency_ms or 0) / 2000 * self.settings.time_scale
        await asyncio.sleep(half)
        for number, piece in enumerate(pieces, start=1):
            last = number == len(pieces)
            if last:
                piece = reply.text[sum(map(len, pieces[:-1])) :]  # noqa: PLW2901 - with the space at the end
            yield ChatPiece(piece, reply if last else None)
            await asyncio.sleep(half / len(pieces))

    async def embed(self, request: EmbedRequest, *, timeout: float) -> EmbedReply:
        """Hashed words and letter groups: texts that share words are near each other."""
        fault = faults.by_chance(
            self.settings.failure_rate, [self.settings.seed, request.model, *request.texts]
        )
        if fault == "timeout":
            raise Timeout(f"The simulated model gave no answer within {timeout:g} s.")
        faults.raise_for(fault)
        size = vectors.DIMENSIONS if request.dimensions is None else request.dimensions
        sent = sum(max(1, tokens.estimate(text)) for text in request.texts)
        found = tuple(vectors.embed(text, size) for text in request.texts)
        return EmbedReply(vectors=found, usage=Usage(input=sent), model=request.model)

    async def close(self) -> None:
        """There is nothing to give back."""

    def _reply(self, request: ChatRequest, timeout: float) -> ChatReply:
        brief = read(request, self.settings.seed)
        identity = [brief.seed, request.model, *((m.role, m.content) for m in request.messages)]
        fault = faults.asked_for(request) or faults.by_chance(self.settings.failure_rate, identity)
        took = latency.milliseconds(brief.tier, fraction("latency", *identity)) * faults.slowness(fault)
        if fault == "timeout" or took / 1000 * self.settings.time_scale > timeout:
            raise Timeout(f"The simulated model gave no answer within {timeout:g} s.")
        faults.raise_for(fault)
        return _composed(request, brief, answer(brief), took, cut=fault == "truncated")


def _composed(request: ChatRequest, brief: Brief, text: str, took: float, *, cut: bool) -> ChatReply:
    text, finish = _bounded(text, request)
    if cut:
        text, finish = text[: max(1, math.floor(len(text) * 0.6))], "length"
    sent = sum(tokens.estimate(message.content) + _OVERHEAD_PER_MESSAGE for message in request.messages)
    return ChatReply(
        text=text,
        usage=Usage(input=sent, output=max(1, tokens.estimate(text))),
        finish_reason=finish,
        model=request.model,
        vendor_id=f"sim-{fraction(brief.seed, brief.instructions, brief.text).hex()[4:16]}",
        latency_ms=round(took, 1),
        raw={"simulated": True},
    )


def _bounded(text: str, request: ChatRequest) -> tuple[str, str]:
    """`text` up to the first stop sequence and `max_tokens`, and why it ended."""
    for stop in request.stop:
        text = text.split(stop, 1)[0] if stop else text
    if tokens.estimate(text) <= request.max_tokens:
        return text, "stop"
    return tokens.shorten(text, request.max_tokens), "length"
