"""Rate limits, the retry-loop breaker, and the money for the first attempt: held before anything is spent."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aiops.catalog.pricing import worst_case
from aiops.core.errors import InvalidInput
from aiops.features.policy import RetryLoopPolicy
from aiops.gateway import ports
from aiops.gateway.errors import InvalidRequest, OutOfTime, OverBudget, ProviderFailed, Rejected, RetryLoop
from aiops.gateway.messages import Call, Handler, Prepaid, Reply, when_whole
from aiops.gateway.picture import Model
from aiops.gateway.routing import with_vector
from aiops.gateway.stages.cache import key_of
from aiops.gateway.stages.router import models_for, uses_model
from aiops.prompts.render import estimate_tokens, render
from aiops.providers.protocol import Message


class Breaker:
    name = "breaker"

    def __init__(
        self,
        limiter: ports.Limiter,
        ledger: ports.Ledger,
        clock: Callable[[], float] = time.monotonic,
        embedder: ports.Embedder | None = None,
    ) -> None:
        self._embedder = embedder
        self._limiter = limiter
        self._ledger = ledger
        self._loops = Loops(clock)

    async def __call__(self, call: Call, onward: Handler) -> Reply:
        call = call.but(rendered=rendered(call))
        admission = await self._limiter.enter(call, estimate_tokens(call.rendered) + most_tokens(call))
        call.trace.limits = admission.headers
        try:
            reply = await self._unless_looping(call, onward)
        except BaseException:
            admission.leave()
            raise

        async def leave(reply: Reply) -> Reply:
            admission.leave()
            return reply

        return await when_whole(reply, leave)

    async def _unless_looping(self, call: Call, onward: Handler) -> Reply:
        policy = call.feature.policy.breaker.retry_loop
        key = call.tenant.encode() + key_of(call)
        self._loops.check(key, policy)
        try:
            reply = await self._paid(call, onward)
        except (ProviderFailed, OutOfTime, Rejected):
            self._loops.failed(key, policy)
            raise
        self._loops.worked(key)
        return reply

    async def _paid(self, call: Call, onward: Handler) -> Reply:
        if not uses_model(call):
            return await onward(call)
        if call.feature.router is not None and self._embedder is not None:
            await with_vector(call, self._embedder)
        worst = max(worst_of(call, model, call.rendered) for model in models_for(call))
        if call.feature.policy.dearest_call is not None and worst > call.feature.policy.dearest_call:
            raise OverBudget(
                f"The call could cost ${worst}; the feature allows ${call.feature.policy.dearest_call}."
            )
        prepaid = Prepaid(await self._ledger.hold(call, worst))
        call.trace.note("held", worst=str(worst))
        try:
            return await onward(call.but(prepaid=prepaid))
        finally:
            if unused := prepaid.take():
                unused.free()


def rendered(call: Call) -> tuple[Message, ...]:
    """The version's messages, filled in, then the caller's. InvalidRequest names what is missing."""
    if call.approach.kind != "prompt":
        return call.messages
    try:
        return (*render(call.approach, call.inputs), *call.messages)
    except InvalidInput as error:
        raise InvalidRequest(f"inputs: {error}", code="invalid_inputs", param="inputs") from None


def most_tokens(call: Call) -> int:
    """The bound on the answer that is always sent."""
    if call.feature.kind == "embedding":
        return 0
    policy = call.feature.policy
    stated = call.approach.parameters.get("max_tokens") if call.approach.kind == "prompt" else None
    allowed = int(stated or policy.max_tokens)
    return min(allowed, call.parameters.max_tokens) if call.parameters.max_tokens else allowed


def worst_of(call: Call, model: Model, messages: tuple[Message, ...]) -> Decimal:
    """What one attempt costs at most, in USD, retrieval's passages included."""
    if model.rates is None:
        raise OverBudget(f"The model {model.name} has no price.")
    tokens = min(most_tokens(call), model.max_output_tokens)
    worst = worst_case(messages, tokens, model.rates, schema=_beside(call, messages))
    if call.feature.policy.retrieval.on and not call.passages:
        dearest = max(model.rates.input, model.rates.cached_input, model.rates.cache_write)
        worst += (
            4 * call.feature.policy.retrieval.most_characters * dearest
        )  # a character is four bytes at most
    return worst


def _beside(call: Call, messages: tuple[Message, ...]) -> dict[str, Any] | None:
    """What is sent and billed beside the texts."""
    schema = call.parameters.response_schema or call.approach.output_schema
    used = [message.tool_calls for message in messages if message.tool_calls]
    sent = {"schema": schema, "tools": call.parameters.tools, "used": used}
    return sent if any(sent.values()) else None


@dataclass(slots=True)
class _Failures:
    count: int
    since: float
    until: float = 0.0  # refused so long


class Loops:
    """Requests that fail again and again, in this process: an application that retries without end."""

    MOST = 10_000

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: OrderedDict[bytes, _Failures] = OrderedDict()

    def check(self, key: bytes, policy: RetryLoopPolicy) -> None:
        """Raises RetryLoop while the request is refused."""
        seen = self._seen.get(key)
        if seen is not None and (wait := seen.until - self._clock()) > 0:
            raise RetryLoop(f"This request failed {policy.failures} times.", retry_after=wait)

    def failed(self, key: bytes, policy: RetryLoopPolicy) -> None:
        now = self._clock()
        seen = self._seen.get(key)
        if seen is None or now - seen.since > policy.window_seconds:
            seen = self._seen[key] = _Failures(0, now)
        seen.count += 1
        if seen.count >= policy.failures:
            seen.until = now + policy.pause_seconds
            seen.count = 0
        self._seen.move_to_end(key)
        if len(self._seen) > self.MOST:
            self._seen.popitem(last=False)

    def worked(self, key: bytes) -> None:
        self._seen.pop(key, None)
