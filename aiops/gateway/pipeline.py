"""One call from request to reply. Read `STAGES` aloud: the first item is the outermost.

A stage takes the call and what lies within, and gives a reply: it may answer itself, go on with a changed
call, change the reply, or raise one of `errors.Unanswered`, which the fallback stage turns into the feature's
own answer.
"""

from collections.abc import Sequence
from typing import Protocol

from aiops.gateway.messages import Call, Handler, Reply, Span
from aiops.gateway.ports import Unlimited, World
from aiops.gateway.routing import with_category
from aiops.gateway.stages.approach import Approach
from aiops.gateway.stages.approval import Approval
from aiops.gateway.stages.both import Both
from aiops.gateway.stages.breaker import Breaker
from aiops.gateway.stages.cache import Cache
from aiops.gateway.stages.embedding import Embedding
from aiops.gateway.stages.fallback import Fallback
from aiops.gateway.stages.guardrails import Guardrails
from aiops.gateway.stages.kill_switch import KillSwitch
from aiops.gateway.stages.recorder import Recorder
from aiops.gateway.stages.retrieval import Retrieval
from aiops.gateway.stages.router import Router
from aiops.gateway.stages.semantic import Semantic


class Stage(Protocol):
    name: str

    async def __call__(self, call: Call, onward: Handler) -> Reply: ...


def stages(world: World) -> tuple[Stage, ...]:
    inner = (Retrieval(world.library), Guardrails(world), Approach(world))
    answering = (Router(), *inner)
    both = Both(_own(world, answering))
    return (
        Recorder(world.recorder),
        Fallback(world),
        KillSwitch(),
        Cache(world.cache, _semantic(world, answering)),
        Approval(world.tickets),
        Breaker(world.limiter, world.ledger, embedder=world.embedder),
        Router(both),
        *inner,
    )


def _semantic(world: World, answering: tuple[Stage, ...]) -> Semantic | None:
    """Its checks are calls of our own: paid for and recorded, and no tenant's limit counts them."""
    if world.neighbours is None:
        return None
    return Semantic(world.neighbours, _own(world, answering), embedded=world.embedded_neighbours)


def _own(world: World, answering: Sequence[Stage]) -> Handler:
    """The way of our own calls."""
    breaker = Breaker(Unlimited(), world.ledger, embedder=world.embedder)
    return compose((Recorder(world.recorder), KillSwitch(), breaker, *answering))


def embedding_stages(world: World) -> tuple[Stage, ...]:
    """A vector has no text that could be cached, checked, approved or replaced."""
    return (
        Recorder(world.recorder),
        Fallback(world),
        KillSwitch(),
        Breaker(world.limiter, world.ledger),
        Router(),
        Embedding(world),
    )


def gateway(world: World) -> Handler:
    """The way of every call, by its feature's kind."""
    ways = {"chat": compose(stages(world)), "embedding": compose(embedding_stages(world))}

    async def handle(call: Call) -> Reply:
        return await ways[call.feature.kind](with_category(call) if call.feature.categories else call)

    return handle


def compose(parts: Sequence[Stage]) -> Handler:
    """The pipeline as one function. The last stage is the innermost: what it is given to go on with fails."""
    handler: Handler = _end
    for stage in reversed(parts):
        handler = _within(stage, handler)
    return handler


def _within(stage: Stage, onward: Handler) -> Handler:
    name, act = stage.name, stage.__call__

    async def handle(call: Call) -> Reply:
        trace = call.trace
        span = Span(name, trace.elapsed_ms())
        trace.spans.append(span)
        try:
            return await act(call, onward)
        finally:
            span.ended_ms = trace.elapsed_ms()

    return handle


async def _end(call: Call) -> Reply:
    raise RuntimeError(f"No stage answered {call.id}.")
