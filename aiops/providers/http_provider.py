"""What all vendors reached by HTTP have in common: retries, deadlines, streams, the list of models."""

import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from functools import partial

from yarl import URL

from aiops.providers import replies
from aiops.providers.errors import Timeout
from aiops.providers.protocol import ChatPiece, ChatReply, ChatRequest
from aiops.providers.retry import Policy, persist
from aiops.providers.wire import Endpoint

LONGEST_STREAM = 900.0  # seconds


class HttpProvider(ABC):
    """A vendor's endpoint. Subclasses say how requests and answers look."""

    unheard: frozenset[str] = frozenset()  # fields of ChatRequest that the vendor has no place for

    def __init__(self, endpoint: Endpoint, policy: Policy) -> None:
        self._endpoint = endpoint
        self._policy = policy

    async def chat(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """The whole answer within `timeout` seconds, retries included."""
        reply, attempts = await persist(partial(self._ask, request), timeout=timeout, policy=self._policy)
        if attempts > 1:
            object.__setattr__(reply, "attempts", attempts)  # made a moment ago, seen by nobody else yet
        return reply

    async def stream(self, request: ChatRequest, *, timeout: float) -> AsyncGenerator[ChatPiece, None]:
        """The answer in pieces; `timeout` bounds the time to the first one, and the retries."""
        ends = time.monotonic() + LONGEST_STREAM
        (piece, rest), _ = await persist(partial(self._begin, request), timeout=timeout, policy=self._policy)
        try:
            yield piece
            async for piece in rest:
                yield piece
                if time.monotonic() > ends:
                    raise Timeout(f"The stream went on for more than {LONGEST_STREAM:g} s.")
        finally:
            await rest.aclose()

    async def models(self, *, timeout: float) -> tuple[str, ...]:
        """The names of the vendor's models, sorted."""
        body, _ = await persist(
            partial(self._endpoint.get, self._models_url()), timeout=timeout, policy=self._policy
        )
        rows = body.get("data")
        rows = rows if isinstance(rows, list) else []
        named = (row.get("id") for row in rows if isinstance(row, dict))
        return tuple(sorted({replies.text(name, "id") for name in named if isinstance(name, str)}))

    async def close(self) -> None:
        """Give connections back."""
        await self._endpoint.close()

    async def _begin(self, request: ChatRequest) -> tuple[ChatPiece, AsyncGenerator[ChatPiece, None]]:
        pieces = self._pieces(request)
        try:
            return await anext(pieces), pieces
        except BaseException:
            await pieces.aclose()
            raise

    @abstractmethod
    async def _ask(self, request: ChatRequest) -> ChatReply:
        """One attempt at a whole answer."""

    @abstractmethod
    def _pieces(self, request: ChatRequest) -> AsyncGenerator[ChatPiece, None]:
        """One attempt at a streamed answer; no piece but the last is empty."""

    @abstractmethod
    def _models_url(self) -> URL:
        """Where the vendor lists its models."""
