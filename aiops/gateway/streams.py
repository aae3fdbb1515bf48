"""The stream of one reply, as server-sent events in OpenAI's form."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

from aiops.gateway import replies
from aiops.gateway.errors import GatewayError
from aiops.gateway.messages import Call, Reply


async def events(call: Call, reply: Reply, *, with_usage: bool) -> AsyncIterator[bytes]:
    """Pieces as they come, or the whole at once where it had to be checked first."""
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
    for last in _last(call, whole, with_usage=with_usage):
        yield _event(last)
    yield b"data: [DONE]\n\n"


def _last(call: Call, whole: Reply, *, with_usage: bool) -> list[dict[str, Any]]:
    end = replies.chunk(call, whole, {}, replies.finish_of(whole))
    told = {"aiops": replies.aiops_body(call, whole)}
    if not with_usage:
        return [{**end, **told}]
    return [end, {**end, "choices": [], "usage": replies.usage_body(whole.usage), **told}]


def _delta(reply: Reply) -> dict[str, Any]:
    if not reply.tool_calls:
        return {"content": reply.text}
    calls = [{"index": index, **call} for index, call in enumerate(reply.tool_calls)]
    return {"content": reply.text or None, "tool_calls": calls}


def _event(body: Mapping[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(body) + b"\n\n"
