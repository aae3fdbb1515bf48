"""Calls of features: in OpenAI's form, and in our own."""

import hashlib
from functools import partial
from typing import Any

import orjson
from starlette.responses import Response, StreamingResponse

from aiops.gateway import entry, once, replies, streams
from aiops.gateway.bodies import Chat, Invoke, parsed
from aiops.gateway.endpoints.answers import GONE, Answer, Asked, body_of, error_answer, headers_of
from aiops.gateway.gate import Gate, chat_call, invoke_call, unless_gone
from aiops.gateway.messages import Call
from aiops.gateway.once import Once, Written


async def chat(request: Asked) -> Response:
    """POST /v1/chat/completions"""
    gate = request.gate
    picture = gate.decisions()
    key = entry.key_of(picture, request.headers)
    body = parsed(await body_of(request), Chat)
    call = chat_call(picture, key, request.headers, body)
    reply = await unless_gone(gate.handle(call), request.receive)
    if reply is None:
        return Response(status_code=GONE)
    headers = headers_of(gate, call, reply)
    if reply.outcome == "refused" and reply.error is not None:
        return error_answer(reply.error, headers)
    if not body.stream:
        return Answer(replies.chat_body(call, reply), headers=headers)
    with_usage = body.stream_options is not None and body.stream_options.include_usage
    return StreamingResponse(
        streams.events(call, reply, with_usage=with_usage),
        media_type="text/event-stream",
        headers={**headers, "cache-control": "no-cache", "x-accel-buffering": "no"},
    )


async def invoke(request: Asked) -> Response:
    """POST /v1/features/{feature}/invoke"""
    gate = request.gate
    picture = gate.decisions()
    key = entry.key_of(picture, request.headers)
    body = parsed(await body_of(request), Invoke)
    call = invoke_call(picture, key, request.headers, request.path_params["feature"], body)
    written = await unless_gone(_invoked(gate, call, body), request.receive)
    if written is None:
        return Response(status_code=GONE)
    return Response(written.body, written.status, dict(written.headers), "application/json")


async def _invoked(gate: Gate, call: Call, body: Invoke) -> Written:
    """What is answered, or was answered to the first call with the same idempotency key."""
    act = partial(_written, gate, call)
    if body.idempotency_key is None:
        return await act()
    tenant, feature, digest = call.tenant, call.feature.slug, _digest(body)
    asked = Once(call.id, tenant, feature, body.idempotency_key, digest, call.deadline)
    return await once.answered(gate.world.idempotency, asked, act)


async def _written(gate: Gate, call: Call) -> Written:
    reply = await gate.handle(call)
    headers = headers_of(gate, call, reply)
    if reply.outcome == "refused" and reply.error is not None:
        named = {**headers, **replies.error_headers(reply.error)}
        return Written(reply.error.status, named, orjson.dumps(replies.error_body(reply.error)))
    return Written(200, headers, orjson.dumps(replies.invoke_body(call, reply)))


def _digest(body: Invoke) -> bytes:
    """What was asked, however it was spaced and ordered."""
    asked: dict[str, Any] = body.model_dump(exclude={"idempotency_key"})
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).digest()
