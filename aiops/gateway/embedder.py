"""The port `Embedder`: a call's texts to what is in force, each try held, recorded and billed with the call.

What was embedded a moment ago is remembered, so that cache, retrieval and router ask once for one question.
"""

import asyncio
import time
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence

from aiops.catalog.pricing import worst_case
from aiops.embeddings.shaping import LONGEST, Unfit, shaped
from aiops.gateway.circuit import Circuits
from aiops.gateway.errors import GatewayError
from aiops.gateway.messages import Attempt, Call
from aiops.gateway.picture import Model, Space
from aiops.gateway.ports import Ledger, NoVectors, Vendors
from aiops.gateway.stages.approach import Tried
from aiops.knowledge import vectors
from aiops.providers.errors import ProviderError, Timeout
from aiops.providers.protocol import EmbeddingProvider, EmbedReply, EmbedRequest, Message
from aiops.providers.sentence_transformers import SentenceTransformers

MOST = 1_000  # texts that are remembered: 8 KB each at most
TEXTS = 64  # of a request
TRIES = 2
EARLY = 0.005  # seconds by which a timer may ring too early
WAIT = 0.05  # seconds before another try


class CallEmbedder:
    """The port `Embedder`."""

    def __init__(self, ledger: Ledger, vendors: Vendors, circuits: Circuits | None = None) -> None:
        self._ledger = ledger
        self._vendors = vendors
        self._circuits = circuits or Circuits(time.monotonic)
        self._here = SentenceTransformers()
        self._known: OrderedDict[tuple[int, str], array[float]] = OrderedDict()

    async def embed(
        self, call: Call, use: str, texts: Sequence[str], *, seconds: float
    ) -> Sequence[Sequence[float]]:
        return await self.embed_in(call, call.picture.space_of(use), texts, seconds=seconds)

    async def embed_in(
        self, call: Call, space: Space | None, texts: Sequence[str], *, seconds: float
    ) -> Sequence[Sequence[float]]:
        if space is None:
            return [vectors.vector(text) for text in texts]
        found = {text: self.remembered(space, text) for text in texts}
        lacking = [text for text, vector in found.items() if vector is None]
        ends = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(ends):
                for at in range(0, len(lacking), TEXTS):
                    part = lacking[at : at + TEXTS]
                    found.update(zip(part, await self._made(call, space, part, ends), strict=True))
        except TimeoutError:
            raise NoVectors(f"no vectors within {seconds:g} s") from None
        except (ProviderError, GatewayError, Unfit) as error:
            raise NoVectors(str(error)) from error
        return [vector for text in texts if (vector := found[text]) is not None]

    def remembered(self, space: Space, text: str) -> Sequence[float] | None:
        found = self._known.get((space.id, text))
        if found is not None:
            self._known.move_to_end((space.id, text))
        return found

    async def _made(
        self, call: Call, space: Space, texts: Sequence[str], ends: float
    ) -> Sequence[Sequence[float]]:
        read = tuple(text[:LONGEST] or " " for text in texts)
        if space.local:
            reply = await self._here.embed(EmbedRequest(space.local, read), timeout=_left(ends))
        else:
            reply = await self._asked(call, space, read, ends)
        made = [array("f", one) for one in shaped(reply.vectors, space.dimensions, cut=space.cut)]
        for text, vector in zip(texts, made, strict=True):
            self._known[space.id, text] = vector
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return made

    async def _asked(self, call: Call, space: Space, texts: tuple[str, ...], ends: float) -> EmbedReply:
        model = _callable(call, space.model)
        request = EmbedRequest(model.vendor_name, texts, None if space.cut else space.asked)
        for last in _tries():
            if not self._circuits.closed(model.provider):
                raise NoVectors(f"{model.provider} fails too often and is left alone for now")
            try:
                return await self._attempt(call, model, request, ends)
            except ProviderError as error:
                if last or not error.retryable or error.retry_after:
                    raise
            await asyncio.sleep(WAIT)
        raise AssertionError("the last try returns or raises")

    async def _attempt(self, call: Call, model: Model, request: EmbedRequest, ends: float) -> EmbedReply:
        try:
            tried = await self._paid(call, model, request.texts)
        except BaseException:
            self._circuits.released(model.provider)
            raise
        try:
            provider = self._vendors.of(model)
            if not isinstance(provider, EmbeddingProvider):
                raise NoVectors(f"{model.provider} has no embeddings")
            reply = await provider.embed(request, timeout=_left(ends))
        except BaseException as error:
            tried.failed(error)
            self._ended(model.provider, error, ends)
            raise
        self._circuits.worked(model.provider)
        tried.billed(reply.usage)
        return reply

    def _ended(self, provider: str, error: BaseException, ends: float) -> None:
        """Whether it is the provider's failure: so is the end of our time, but no caller who left."""
        failure = Timeout("No vectors in time.") if _left(ends) <= EARLY else error
        if isinstance(failure, ProviderError):
            self._circuits.failed(provider, failure)
        else:
            self._circuits.released(provider)

    async def _paid(self, call: Call, model: Model, texts: Sequence[str]) -> Tried:
        """The try, as it is recorded; its money is held."""
        if model.rates is None:
            raise NoVectors(f"{model.name} has no price")
        worst = worst_case([Message("user", text) for text in texts], 0, model.rates)
        hold = await self._ledger.hold(call.but(models=(model,)), worst)
        trace = call.trace
        attempt = Attempt(
            model.name,
            model.provider,
            hold.worst,
            leases=hold.leases,
            hold=hold.id,
            begun_ms=trace.elapsed_ms(),
        )
        trace.attempts.append(attempt)
        return Tried(call, model, attempt, hold)


class Hashed:
    """The port `Embedder` by hashing alone, whatever is in force: for whoever keeps no budgets."""

    async def embed(
        self,
        call: Call,  # noqa: ARG002 - nobody pays, nobody waits; here and below
        use: str,  # noqa: ARG002 - as above
        texts: Sequence[str],
        *,
        seconds: float,  # noqa: ARG002 - as above
    ) -> Sequence[Sequence[float]]:
        return [vectors.vector(text) for text in texts]

    async def embed_in(
        self, call: Call, space: Space | None, texts: Sequence[str], *, seconds: float
    ) -> Sequence[Sequence[float]]:
        if space is not None:
            raise NoVectors("no model is asked here")
        return await self.embed(call, "", texts, seconds=seconds)

    def remembered(self, space: Space, text: str) -> Sequence[float] | None:  # noqa: ARG002 - it keeps nothing
        return None


def _left(ends: float) -> float:
    """Seconds."""
    return max(0.0, ends - asyncio.get_running_loop().time())


def _tries() -> Iterator[bool]:
    """Whether it is the last one."""
    return (number == TRIES for number in range(1, TRIES + 1))


def _callable(call: Call, name: str) -> Model:
    """The model, unless it is stopped or gone."""
    if any(stop.scope == "model" and stop.target == name for stop in call.picture.stops):
        raise NoVectors(f"the model {name} is stopped")
    found = call.picture.models.get(name)
    if found is None:
        raise NoVectors(f"there is no model {name}")
    return found
