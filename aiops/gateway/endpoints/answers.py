"""What the endpoints share: a request as they see it, its body, and answers in JSON."""

import asyncio
from collections.abc import Mapping
from dataclasses import field
from typing import Any

import orjson
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope

from aiops.core.values import value
from aiops.gateway import replies
from aiops.gateway.bodies import MOST_BYTES
from aiops.gateway.errors import GatewayError, NotReady, TooLarge, TooSlow, WrongMediaType
from aiops.gateway.gate import Gate
from aiops.gateway.messages import Call, Reply

GONE = 499  # nobody reads it: the caller has closed the connection
BODY_SECONDS = 30.0  # in which a body has to arrive


class Answer(Response):
    """JSON, by orjson. The head is put together here: Starlette looks through it for what may be missing."""

    media_type = "application/json"

    def __init__(self, body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.status_code = status
        self.background = None
        self.body = orjson.dumps(body)
        named = (headers or {}).items()
        self.raw_headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in named]
        self.raw_headers.append((b"content-length", b"%d" % len(self.body)))
        self.raw_headers.append((b"content-type", b"application/json"))


@value(frozen=True, slots=True)
class Asked:
    """One request. `headers` by their names in small letters; of one that stands twice the last."""

    gate: Gate
    headers: Mapping[str, str]
    receive: Receive
    path_params: Mapping[str, str] = field(default_factory=dict)


def asked_by(scope: Scope, receive: Receive) -> Asked:
    """NotReady before the gateway is open."""
    gate: Gate | None = getattr(scope["app"].state, "gate", None)
    if gate is None:
        raise NotReady("The gateway is starting.")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Asked(gate, headers, receive, scope.get("path_params", {}))


async def body_of(request: Asked) -> bytes:
    """The whole body, if it is JSON, not too large and not too slow."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise WrongMediaType(f"Send JSON (content-type: application/json), not {kind[:60]!r}.")
    if int(request.headers.get("content-length") or 0) > MOST_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _whole(request.receive)
    except TimeoutError:
        raise TooSlow(f"The body did not arrive within {BODY_SECONDS:g} s.") from None


async def _whole(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BYTES:
            raise _too_large()
        more = message.get("more_body", False)
    return b"".join(parts)


def _too_large() -> TooLarge:
    return TooLarge(f"The body is larger than {MOST_BYTES // 1024 // 1024} MB.")


def headers_of(gate: Gate, call: Call, reply: Reply) -> dict[str, str]:
    return replies.headers(call, reply, gate.world.limiter.headers)


def error_answer(error: GatewayError, headers: Mapping[str, str] | None = None) -> Response:
    """`headers`: what the call, if there was one, says beside."""
    named = {**(headers or {}), **replies.error_headers(error)}
    if isinstance(error, TooSlow):
        named["connection"] = "close"
    return Answer(replies.error_body(error), status=error.status, headers=named)
