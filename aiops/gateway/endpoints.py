"""What callers can ask for. Each endpoint reads, makes a call, lets the pipeline answer it, and writes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from aiops.gateway import entry, replies
from aiops.gateway.bodies import MOST_BYTES, Chat, Invoke, parsed
from aiops.gateway.errors import GatewayError, NotReady, TooLarge, WrongMediaType
from aiops.gateway.gate import Gate, chat_call, invoke_call, unless_gone
from aiops.gateway.messages import Call, Reply

GONE = 499  # nobody reads it: the caller has closed the connection


async def chat(request: Request) -> Response:
    """POST /v1/chat/completions"""
    gate = _gate(request)
    picture = gate.decisions()
    key = entry.key_of(picture, request.headers)
    body = parsed(await body_of(request), Chat)
    call = chat_call(picture, key, request.headers, body)
    reply = await unless_gone(gate.handle(call), request.receive)
    if reply is None:
        return Response(status_code=GONE)
    if reply.outcome == "refused" and reply.error is not None:
        return _refused(gate, call, reply, reply.error)
    headers = replies.headers(call, reply, gate.world.limiter.headers(call))
    if not body.stream:
        return Answer(replies.chat_body(call, reply), headers=headers)
    with_usage = body.stream_options is not None and body.stream_options.include_usage
    return StreamingResponse(
        _events(call, reply, with_usage=with_usage),
        media_type="text/event-stream",
        headers={**headers, "cache-control": "no-cache", "x-accel-buffering": "no"},
    )


async def invoke(request: Request) -> Response:
    """POST /v1/features/{feature}/invoke"""
    gate = _gate(request)
    picture = gate.decisions()
    key = entry.key_of(picture, request.headers)
    body = parsed(await body_of(request), Invoke)
    call = invoke_call(picture, key, request.headers, request.path_params["feature"], body)
    reply = await unless_gone(gate.handle(call), request.receive)
    if reply is None:
        return Response(status_code=GONE)
    if reply.outcome == "refused" and reply.error is not None:
        return _refused(gate, call, reply, reply.error)
    headers = replies.headers(call, reply, gate.world.limiter.headers(call))
    return Answer(replies.invoke_body(call, reply), headers=headers)


async def models(request: Request) -> Response:
    """GET /v1/models: the features that the key may call."""
    picture = _gate(request).decisions()
    key = entry.key_of(picture, request.headers)
    created = int(picture.painted_at.timestamp())
    rows = [
        {"id": feature.slug, "object": "model", "created": created, "owned_by": "aiops"}
        for feature in entry.features_of(picture, key)
    ]
    return Answer({"object": "list", "data": rows})


async def alive(request: Request) -> Response:  # noqa: ARG001 - the same for everybody
    """GET /healthz"""
    return Answer({"status": "alive"})


async def ready(request: Request) -> Response:
    """GET /readyz: whether there are decisions, how old they are, and how the gateway's world stands."""
    state = _gate(request).state()
    return Answer(state, status=200 if state.get("ready") else 503)


class Answer(Response):
    """JSON, by orjson."""

    media_type = "application/json"

    def __init__(self, body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(orjson.dumps(body), status_code=status, headers=headers)


async def body_of(request: Request) -> bytes:
    """The whole body, if it is JSON and not too large: both are said before it is read."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise WrongMediaType(f"Send JSON (content-type: application/json), not {kind[:60]!r}.")
    parts: list[bytes] = []
    size = 0
    if int(request.headers.get("content-length") or 0) > MOST_BYTES:
        raise TooLarge(f"The body is larger than {MOST_BYTES // 1024 // 1024} MB.")
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise TooLarge(f"The body is larger than {MOST_BYTES // 1024 // 1024} MB.")
        parts.append(part)
    return b"".join(parts)


def error_answer(error: GatewayError) -> Response:
    return Answer(replies.error_body(error), status=error.status, headers=replies.error_headers(error))


def _gate(request: Request) -> Gate:
    gate: Gate | None = getattr(request.app.state, "gate", None)
    if gate is None:
        raise NotReady("The gateway is starting.")
    return gate


def _refused(gate: Gate, call: Call, reply: Reply, error: GatewayError) -> Response:
    headers = replies.headers(call, reply, gate.world.limiter.headers(call))
    return Answer(
        replies.error_body(error), status=error.status, headers={**headers, **replies.error_headers(error)}
    )


async def _events(call: Call, reply: Reply, *, with_usage: bool) -> AsyncIterator[bytes]:
    """The stream of one reply: pieces as they come, or the whole at once where it had to be checked first."""
    yield _event(replies.chunk(call, reply, {"role": "assistant", "content": ""}))
    whole = reply
    if reply.live is None:
        yield _event(replies.chunk(call, reply, _delta(reply)))
    else:
        try:
            async for piece in reply.live:
                yield _event(replies.chunk(call, reply, {"content": piece}))
        except GatewayError as error:
            yield _event(replies.error_body(error))
            return
        finally:
            if reply.live.reply is None:
                await asyncio.shield(reply.live.abandon())
        whole = reply.live.reply or reply
    last = replies.chunk(call, whole, {}, replies.finish_of(whole))
    yield _event(last if with_usage else {**last, "aiops": replies.aiops_body(call, whole)})
    if with_usage:
        usage = {
            "choices": [],
            "usage": replies.usage_body(whole.usage),
            "aiops": replies.aiops_body(call, whole),
        }
        yield _event({**last, **usage})
    yield b"data: [DONE]\n\n"


def _delta(reply: Reply) -> dict[str, Any]:
    if not reply.tool_calls:
        return {"content": reply.text}
    calls = [{"index": index, **call} for index, call in enumerate(reply.tool_calls)]
    return {"content": reply.text or None, "tool_calls": calls}


def _event(body: Mapping[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(body) + b"\n\n"
