"""The approach answers: rules, classifier, search at once; a model in time, each try paid for."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from aiops.catalog.pricing import cost
from aiops.gateway import ports
from aiops.gateway.circuit import Circuits
from aiops.gateway.errors import ProviderFailed
from aiops.gateway.guardrails import may_stream
from aiops.gateway.messages import ZERO, Attempt, Call, Handler, Hold, Live, Passage, Reply
from aiops.gateway.picture import Instant, Model
from aiops.gateway.stages.breaker import most_tokens, worst_of
from aiops.gateway.stages.retrieval import answering, question_of
from aiops.providers.errors import BadReply, Broken, ProviderError, Timeout
from aiops.providers.protocol import ChatPiece, ChatReply, ChatRequest, Usage

DOUBTFUL = (Timeout, BadReply, Broken)  # the vendor may have worked, and may bill it
EARLY = 0.005  # seconds by which a deadline's timer may ring too early
BASE_WAIT = 0.1  # seconds before the second try, drawn evenly from 0 up to it, doubled for each further one


class Approach:
    name = "approach"

    def __init__(self, world: ports.World, circuits: Circuits | None = None) -> None:
        self.world = world
        self.circuits = circuits or Circuits(time.monotonic)

    async def __call__(self, call: Call, onward: Handler) -> Reply:  # noqa: ARG002 - the innermost stage
        approach = call.approach
        if isinstance(approach, Instant):
            text = await self.world.approaches.answer(approach, call.inputs, call.locale)
            return Reply(outcome="answered", text=text, model=f"{approach.name} v{approach.number}")
        if approach.kind == "search":
            found = await self.world.library.search(call, question_of(call), approach.passages)
            return _by_search(call, answering(call, found))
        return await self.by_model(call)

    async def by_model(self, call: Call) -> Reply:
        failure: Exception | None = None
        for model in call.models:
            for number in range(call.feature.policy.attempts):
                if not self.circuits.closed(model.provider):
                    failure = failure or ProviderFailed(
                        f"{model.provider} fails too often and is left alone for now."
                    )
                    break
                try:
                    return await self._attempt(call, model)
                except ProviderError as error:
                    failure = error
                if not await _again(failure, number):
                    break
        raise _last(failure)

    async def _attempt(self, call: Call, model: Model) -> Reply:
        try:
            hold = await self._pay(call, model)
        except BaseException:
            self.circuits.released(model.provider)
            raise
        trace = call.trace
        trace.asked, trace.passages = call.rendered, call.passages
        attempt = Attempt(
            model.name,
            model.provider,
            hold.worst,
            leases=hold.leases,
            hold=hold.id,
            begun_ms=trace.elapsed_ms(),
        )
        trace.attempts.append(attempt)
        tried = Tried(call, model, attempt, hold)
        try:
            reply = await self.ask(tried)
        except BaseException as error:
            tried.failed(error)
            self._ended(call, model.provider, error)
            raise
        self.circuits.worked(model.provider)
        return reply

    def _ended(self, call: Call, provider: str, error: BaseException) -> None:
        """Whether it is the provider's failure: so is a deadline that cut it off, but no caller who left."""
        late = asyncio.get_running_loop().time() >= call.deadline - EARLY
        if late and not isinstance(error, ProviderError):
            error = Timeout("No answer within the deadline.")
        if isinstance(error, ProviderError):
            self.circuits.failed(provider, error)
        else:
            self.circuits.released(provider)

    async def ask(self, tried: "Tried") -> Reply:
        """What the vendor answers, or begins to answer."""
        call, model = tried.call, tried.model
        provider = self.world.vendors.of(model)
        request = request_for(call, model)
        remaining = call.deadline - asyncio.get_running_loop().time()
        if not call.stream or not may_stream(call):
            return tried.answered(await provider.chat(request, timeout=remaining))
        pieces = aiter(provider.stream(request, timeout=remaining))
        first = await anext(pieces)
        return Reply("answered", model=model.name, live=Live(self._streamed(tried, first, pieces)))

    async def _pay(self, call: Call, model: Model) -> Hold:
        """The first try is paid for by the breaker; every further one takes a hold of its own."""
        paid = call.prepaid.take() if call.prepaid else None
        return paid or await self.world.ledger.hold(call, worst_of(call, model, call.rendered))

    async def _streamed(
        self, tried: "Tried", first: ChatPiece, rest: AsyncIterator[ChatPiece]
    ) -> AsyncGenerator[str | Reply, None]:
        """The pieces, and at last the whole. After the first byte there is no other model to turn to."""
        try:
            piece = first
            while piece.reply is None:
                if piece.text:
                    yield piece.text
                piece = await anext(rest)
            if piece.text:
                yield piece.text
            yield tried.answered(piece.reply)
        except BaseException as error:
            tried.failed(error)
            if isinstance(error, ProviderError):
                self.circuits.failed(tried.model.provider, error)
            raise
        finally:
            if isinstance(rest, AsyncGenerator):
                await rest.aclose()


class Tried:
    """One attempt on its way: it is settled once, however it ends."""

    def __init__(self, call: Call, model: Model, attempt: Attempt, hold: Hold) -> None:
        self.call = call
        self.model = model
        self.attempt = attempt
        self._hold = hold
        self._settled = False

    def answered(self, reply: ChatReply) -> Reply:
        """The vendor's reply as ours, its cost settled."""
        self.billed(reply.usage)
        finish = reply.finish_reason or "stop"
        return Reply(
            "answered",
            text=reply.text,
            model=self.model.name,
            usage=reply.usage,
            finish_reason=finish,
            tool_calls=reply.tool_calls,
        )

    def billed(self, usage: Usage) -> None:
        """The vendor has answered, and charges for `usage`."""
        self.attempt.usage = usage
        self.attempt.cost = cost(usage, self.model.rates) if self.model.rates else ZERO
        self._settle()

    def failed(self, error: BaseException) -> None:
        """A vendor that said no, or was never reached, bills nothing; of anything else nobody knows."""
        if self._settled:
            return
        plain_no = isinstance(error, ProviderError) and not isinstance(error, DOUBTFUL)
        self.attempt.cost = ZERO if plain_no else None
        self.attempt.error = str(error) or type(error).__name__
        self._settle()

    def _settle(self) -> None:
        self._settled = True
        self.attempt.latency_ms = self.call.trace.elapsed_ms() - self.attempt.begun_ms
        self._hold.settle(self.attempt.cost)


def request_for(call: Call, model: Model) -> ChatRequest:
    """What the vendor is asked. The caller's parameters come before the version's."""
    stated = call.approach.parameters if call.approach.kind == "prompt" else {}
    wish = call.parameters
    stop = wish.stop or stated.get("stop") or ()
    return ChatRequest(
        model=model.vendor_name,
        messages=call.rendered,
        max_tokens=min(most_tokens(call), model.max_output_tokens),
        temperature=wish.temperature if wish.temperature is not None else stated.get("temperature"),
        seed=wish.seed if wish.seed is not None else stated.get("seed"),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        response_schema=wish.response_schema or call.approach.output_schema,
        tools=wish.tools,
        tool_choice=wish.tool_choice,
    )


def as_text(passages: Sequence[Passage]) -> str:
    """Passages as an answer for people."""
    return "\n\n".join(f"[{passage.number}] {passage.title}\n{passage.text}" for passage in passages)


def _by_search(call: Call, passages: tuple[Passage, ...]) -> Reply:
    """The passages themselves. Where there are none the feature's words for it, else its fallbacks."""
    call.trace.passages = passages
    said = as_text(passages) or call.feature.policy.retrieval.not_found
    if not said:
        raise ProviderFailed("The documents hold nothing on this question.")
    return Reply("answered", text=said, model="search", passages=passages)


async def _again(error: Exception, number: int) -> bool:
    """Wait before the next try of the same model; False where trying again does not help."""
    if not isinstance(error, ProviderError) or not error.retryable:
        return False
    wait = random.random() * BASE_WAIT * 2**number  # noqa: S311 - jitter
    if error.retry_after is not None:
        if error.retry_after > 1:
            return False  # another model answers sooner
        wait += error.retry_after
    await asyncio.sleep(wait)
    return True


def _last(failure: Exception | None) -> ProviderFailed:
    if isinstance(failure, ProviderFailed):
        return failure
    return ProviderFailed(
        f"No model answered. The last error: {failure}" if failure else "There is no model to ask."
    )
