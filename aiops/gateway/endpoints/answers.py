"""What the endpoints share: reading a body, and writing JSON and errors."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from aiops.gateway import replies
from aiops.gateway.bodies import MOST_BYTES
from aiops.gateway.errors import GatewayError, NotReady, TooLarge, TooSlow, WrongMediaType
from aiops.gateway.gate import Gate
from aiops.gateway.messages import Call, Reply

GONE = 499  # nobody reads it: the caller has closed the connection
BODY_SECONDS = 30.0  # in which a body has to arrive


class Answer(Response):
    """JSON, by orjson."""

    media_type = "application/json"

    def __init__(self, body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(orjson.dumps(body), status_code=status, headers=headers)


async def body_of(request: Request) -> bytes:
    """The whole body, if it is JSON, not too large and not too slow."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise WrongMediaType(f"Send JSON (content-type: application/json), not {kind[:60]!r}.")
    if int(request.headers.get("content-length") or 0) > MOST_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _whole(request)
    except TimeoutError:
        raise TooSlow(f"The body did not arrive within {BODY_SECONDS:g} s.") from None


async def _whole(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise _too_large()
        parts.append(part)
    return b"".join(parts)


def _too_large() -> TooLarge:
    return TooLarge(f"The body is larger than {MOST_BYTES // 1024 // 1024} MB.")


def gate_of(request: Request) -> Gate:
    gate: Gate | None = getattr(request.app.state, "gate", None)
    if gate is None:
        raise NotReady("The gateway is starting.")
    return gate


def headers_of(gate: Gate, call: Call, reply: Reply) -> dict[str, str]:
    return replies.headers(call, reply, gate.world.limiter.headers(call))


def error_answer(error: GatewayError, headers: Mapping[str, str] | None = None) -> Response:
    """`headers`: what the call, if there was one, says beside."""
    named = {**(headers or {}), **replies.error_headers(error)}
    if isinstance(error, TooSlow):
        named["connection"] = "close"
    return Answer(replies.error_body(error), status=error.status, headers=named)
