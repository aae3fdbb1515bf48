"""What goes down the pipeline and comes back: a call, and the reply to it. Frozen values, but for the trace.

A call carries the picture of all decisions that it began with, so that it sees one state of the world.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, Protocol

from aiops.core.values import value
from aiops.gateway.errors import GatewayError, ProviderFailed
from aiops.gateway.picture import Approach, Feature, Key, Model, Picture
from aiops.providers.errors import ProviderError
from aiops.providers.protocol import Message, Usage

if TYPE_CHECKING:
    from aiops.gateway.routing import Routed

ZERO = Decimal(0)
NO_TOKENS = Usage()

Outcome = Literal["answered", "cached", "degraded", "queued", "refused"]
CacheState = Literal["hit-exact", "hit-semantic", "miss", "off"]


class Hold(Protocol):
    """Money promised to one attempt. `leases` are the ids that its cost is charged to, `id` the journal's."""

    @property
    def id(self) -> str: ...

    @property
    def worst(self) -> Decimal: ...

    @property
    def leases(self) -> tuple[int, ...]: ...

    def settle(self, cost: Decimal | None) -> None:
        """The attempt is over and cost `cost` USD; None: nobody knows, so the worst case counts."""
        ...

    def free(self) -> None:
        """No attempt was made."""
        ...


@value(frozen=True, slots=True)
class Parameters:
    """What the caller asks of the model; None: as the version or the policy says."""

    max_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    response_schema: Mapping[str, Any] | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: str | Mapping[str, Any] | None = None
    dimensions: int | None = None  # of an embedding


@dataclass(slots=True)
class Span:
    """One stage's time, in milliseconds from the call's beginning, and what it decided."""

    stage: str
    begun_ms: float
    ended_ms: float = 0.0
    decision: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Attempt:
    """One billable try of a model. `cost` is None while nobody knows it: then `worst` counts."""

    model: str
    provider: str
    worst: Decimal
    cost: Decimal | None = None
    usage: Usage = NO_TOKENS
    leases: tuple[int, ...] = ()
    hold: str = ""  # the journal's name of the money for it
    begun_ms: float = 0.0
    latency_ms: float = 0.0
    error: str = ""


@dataclass(slots=True)
class Trace:
    """What happened to one call so far; the record is made of it."""

    begun: float = field(default_factory=time.perf_counter)
    spans: list[Span] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    cache: CacheState = "off"
    limits: Mapping[str, str] | None = None  # x-ratelimit-… headers, once the limits have been asked
    question: bytes = b""  # the cache key, once it has been made
    over_soft: bool = False  # a soft budget is passed
    asked: tuple[Message, ...] = ()  # as the model got them
    passages: tuple["Passage", ...] = ()
    checks: tuple["Check", ...] = ()  # what guardrails found in this call's answer, released or not
    rejected: str = ""  # the answer that they did not release
    routed: "Routed | None" = None  # what a trained router said
    vector: Sequence[float] | None = None  # of the call's text, where a router reads a model's vectors

    def elapsed_ms(self) -> float:
        return (time.perf_counter() - self.begun) * 1000

    def note(self, decision: str, **facts: Any) -> None:
        """What the stage under way decided."""
        for span in reversed(self.spans):
            if not span.ended_ms:
                span.decision = decision
                span.facts.update(facts)
                return

    @property
    def cost(self) -> Decimal:
        """What the call cost in USD, its worst cases where nobody knows better."""
        total = ZERO
        for attempt in self.attempts:
            total += attempt.worst if attempt.cost is None else attempt.cost
        return total

    @property
    def waited_ms(self) -> float:
        """The time that models took: the rest is ours."""
        return sum(attempt.latency_ms for attempt in self.attempts)


@value(frozen=True, slots=True)
class Call:
    """One request, authenticated and validated. `deadline` is of the event loop's clock.

    `inputs` are what the version declares; `messages` what the caller sends beyond them.
    """

    id: str
    picture: Picture
    feature: Feature
    tenant: str
    key: Key
    approach: Approach
    arm: Literal["stable", "candidate"]
    deadline: float
    inputs: Mapping[str, str] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    parameters: Parameters = Parameters()
    stream: bool = False
    user: str = ""
    locale: str = ""
    category: str = "unknown"
    metadata: Mapping[str, str] = field(default_factory=dict)
    rendered: tuple[Message, ...] = ()  # set by the breaker stage, extended by retrieval
    models: tuple[Model, ...] = ()  # chosen by the router, in the order in which they are tried
    passages: tuple["Passage", ...] = ()
    prepaid: "Prepaid | None" = None  # the money for the first attempt
    payer: str = ""  # the tenant that pays, where it is not the call's: of a check of our own
    trace: Trace = field(default_factory=Trace)

    def but(self, **changes: Any) -> "Call":
        """The same call with some fields changed: `dataclasses.replace`, three times as fast."""
        fresh = Call(*_EVERY(self))
        for name, given in changes.items():
            object.__setattr__(fresh, name, given)
        return fresh


_EVERY = attrgetter(*(one.name for one in fields(Call)))


class Prepaid:
    """The hold of a call's first attempt: whoever makes that attempt takes it, once."""

    def __init__(self, hold: Hold) -> None:
        self._hold: Hold | None = hold

    def take(self) -> Hold | None:
        hold, self._hold = self._hold, None
        return hold


@value(frozen=True, slots=True)
class Passage:
    """A piece of a document, with its number in the prompt."""

    number: int
    document: str
    title: str
    url: str
    text: str
    score: float
    quote: str = ""  # of `text`, word for word: what the answer stands on
    flagged: str = ""  # words in it that speak to the model


@value(frozen=True, slots=True)
class Served:
    """Which fallback answered, and why it had to."""

    reason: str
    by: str


@value(frozen=True, slots=True)
class Ticket:
    id: str
    kind: Literal["person", "deferred", "approval"]


@value(frozen=True, slots=True)
class Check:
    """What a guardrail found; `enforced` False: it only observes.

    `margin` in 0..1: how far from the limit, where there is one. `mended`: by the guardrail, so that it
    passes; `repaired`: by the model, when it was told.
    """

    name: str
    passed: bool
    reason: str = ""
    enforced: bool = True
    margin: float | None = None
    mended: bool = False
    repaired: bool = False


@value(frozen=True, slots=True)
class Reply:
    """The answer, whole. Where it is still being written `live` has the pieces, and `text` is empty."""

    outcome: Outcome
    text: str = ""
    structured: Any = None  # the validated object, where the approach has an output schema
    model: str = ""
    usage: Usage = NO_TOKENS
    finish_reason: str = "stop"
    passages: tuple[Passage, ...] = ()  # the citations
    checks: tuple[Check, ...] = ()
    fallback: Served | None = None
    ticket: Ticket | None = None
    error: GatewayError | None = None  # outcome "refused"
    tool_calls: tuple[Mapping[str, Any], ...] = ()  # in OpenAI's form; then no guardrail reads the text
    live: "Live | None" = None
    vectors: tuple[tuple[float, ...], ...] = ()  # of a feature of kind embedding: then there is no text


Handler = Callable[[Call], Awaitable[Reply]]
After = Callable[[Reply], Awaitable[Reply]]


class Live:
    """An answer that is still being written. Iterate to the end; then `reply` is whole.

    What has to happen with the whole answer is given to `then`, innermost first. It happens at the end of the
    pieces, and also where the caller goes away in the middle: then with what there is.
    """

    def __init__(self, pieces: AsyncGenerator[str | Reply, None]) -> None:
        self._pieces = pieces
        self._after: list[After] = []
        self.reply: Reply | None = None

    def then(self, act: After) -> None:
        self._after.append(act)

    async def __aiter__(self) -> AsyncIterator[str]:
        """Raises ProviderFailed where the answer breaks off: what there is has been recorded then."""
        try:
            async for part in self._pieces:
                if isinstance(part, Reply):
                    await self._end(part)
                else:
                    yield part
        except ProviderError as error:
            broken = ProviderFailed(f"The answer broke off: {error}")
            await self._end(Reply("refused", error=broken))
            raise broken from error

    async def abandon(self) -> None:
        """The caller has gone: close the vendor's stream, and do what must be done with what there is."""
        await self._pieces.aclose()
        if self.reply is None:
            await self._end(Reply(outcome="answered", finish_reason="cancelled"))

    async def _end(self, reply: Reply) -> None:
        self.reply = reply
        for act in self._after:
            self.reply = await act(self.reply)


async def when_whole(reply: Reply, act: After) -> Reply:
    """`act` on the whole answer: now, or at the end of its pieces."""
    if reply.live is None:
        return await act(reply)
    reply.live.then(act)
    return reply
