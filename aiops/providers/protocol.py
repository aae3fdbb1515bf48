"""What every vendor adapter takes and gives. No Django, no database: values in, values out."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import field
from typing import Any, Literal, Protocol, runtime_checkable

from aiops.core.values import value

Role = Literal["system", "user", "assistant", "tool"]


@value(frozen=True, slots=True)
class Message:
    """`tool_calls` and `tool_call_id` are in OpenAI's form."""

    role: Role
    content: str
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    tool_call_id: str = ""


@value(frozen=True, slots=True)
class ChatRequest:
    """One chat completion. `model` is the vendor's name; `max_tokens` is always sent."""

    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    response_schema: Mapping[str, Any] | None = None
    tools: tuple[Mapping[str, Any], ...] = ()  # in OpenAI's form, as is `tool_choice`
    tool_choice: str | Mapping[str, Any] | None = None


@value(frozen=True, slots=True)
class Usage:
    """Tokens by class. The classes are disjoint: a cached input token is not an input token as well."""

    input: int = 0
    cached_input: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0


@value(frozen=True, slots=True)
class ChatReply:
    """`usage_reported` is False where the vendor sent no usage and the tokens are our estimate."""

    text: str
    usage: Usage
    finish_reason: str
    model: str
    usage_reported: bool = True
    vendor_id: str = ""
    tool_calls: tuple[Mapping[str, Any], ...] = ()  # in OpenAI's form
    attempts: int = 1
    latency_ms: float | None = None  # set where the vendor states it (simulated); else the caller measures
    raw: Mapping[str, Any] = field(default_factory=dict)


@value(frozen=True, slots=True)
class ChatPiece:
    """A part of a streamed answer; the last one carries the whole reply."""

    text: str
    reply: ChatReply | None = None


@value(frozen=True, slots=True)
class EmbedRequest:
    """Texts to be turned into vectors; `dimensions` None: as many as the model has."""

    model: str
    texts: tuple[str, ...]
    dimensions: int | None = None


@value(frozen=True, slots=True)
class EmbedReply:
    """One vector for each text, all of one length."""

    vectors: tuple[tuple[float, ...], ...]
    usage: Usage
    model: str
    usage_reported: bool = True


@runtime_checkable
class EmbeddingProvider(Protocol):
    """A vendor endpoint that has embeddings; not every one does."""

    async def embed(self, request: EmbedRequest, *, timeout: float) -> EmbedReply:
        """All vectors within `timeout` seconds, retries included."""
        ...


class ChatProvider(Protocol):
    """One vendor endpoint, open for as long as its context. Raises the errors of `aiops.providers.errors`."""

    async def chat(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """The whole answer within `timeout` seconds, retries included."""
        ...

    def stream(self, request: ChatRequest, *, timeout: float) -> AsyncIterator[ChatPiece]:
        """The answer in pieces; `timeout` bounds the time to the first one."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
