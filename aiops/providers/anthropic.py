"""Anthropic's Messages API.

A schema of the answer becomes a tool that the model must call: this works with every version of the API. The
API has no seed; `unheard` says so.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from yarl import URL

from aiops.providers import replies, sse, usage
from aiops.providers.errors import BadReply, Unsupported
from aiops.providers.http_provider import HttpProvider
from aiops.providers.options import AnthropicOptions
from aiops.providers.protocol import ChatPiece, ChatReply, ChatRequest, Message
from aiops.providers.retry import Policy
from aiops.providers.wire import Endpoint

_TOOL = "answer"
_FINISH = {"end_turn": "stop", "stop_sequence": "stop", "tool_use": "stop", "max_tokens": "length"}


def rooted(base_url: str) -> str:
    """The address below which `/messages` lies; people paste it with and without `/v1`."""
    url = base_url.strip().rstrip("/").removesuffix("/messages").rstrip("/")
    return url if url.endswith("/v1") else f"{url}/v1"


class Anthropic(HttpProvider):
    """One open endpoint. `read_timeout` is the longest silence in seconds."""

    unheard = frozenset({"seed"})

    def __init__(
        self,
        *,
        base_url: str = "https://api.anthropic.com",
        api_key: str = "",
        concurrency: int = 16,
        read_timeout: float = 60.0,
        options: AnthropicOptions | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._options = options = options or AnthropicOptions()
        self._root = rooted(base_url)
        self._url = URL(f"{self._root}/messages")
        key = {"x-api-key": api_key} if api_key else {}
        super().__init__(
            Endpoint(
                headers={"anthropic-version": options.anthropic_version, **options.headers, **key},
                concurrency=concurrency,
                read_timeout=read_timeout,
                secret=api_key,
                proxy=options.proxy,
            ),
            policy or Policy(attempts=options.attempts),
        )

    async def _ask(self, request: ChatRequest) -> ChatReply:
        return _reply(request, await self._endpoint.post(self._url, self._payload(request)))

    async def _pieces(self, request: ChatRequest) -> AsyncGenerator[ChatPiece, None]:
        heard = _Heard(request)
        lines = self._endpoint.lines(self._url, {**self._payload(request), "stream": True})
        async with aclosing(sse.events(lines)) as events:
            async for event in events:
                if piece := heard.take(event):
                    yield ChatPiece(piece)
        yield ChatPiece("", heard.reply())

    def _payload(self, request: ChatRequest) -> dict[str, Any]:
        payload: dict[str, Any] = {
            **self._options.extra_body,
            "model": request.model,
            "max_tokens": request.max_tokens,
            "messages": [_turn(message) for message in request.messages if message.role != "system"],
        }
        system = "\n\n".join(message.content for message in request.messages if message.role == "system")
        if system:
            payload["system"] = system
        if request.temperature is not None:
            payload["temperature"] = request.temperature
        if request.stop:
            payload["stop_sequences"] = list(request.stop)
        if request.response_schema is not None:
            payload |= _tool(request.response_schema)
        return payload

    def _models_url(self) -> URL:
        return URL(f"{self._root}/models?limit=1000")


def _turn(message: Message) -> dict[str, str]:
    return {"role": "assistant" if message.role == "assistant" else "user", "content": message.content}


def _tool(schema: Mapping[str, Any]) -> dict[str, Any]:
    if schema.get("type") != "object":
        raise Unsupported('Anthropic takes only schemas whose top is {"type": "object"}.')
    tool = {"name": _TOOL, "description": "Give the answer.", "input_schema": schema}
    return {"tools": [tool], "tool_choice": {"type": "tool", "name": _TOOL}}


def _reply(request: ChatRequest, body: Mapping[str, Any]) -> ChatReply:
    blocks = body.get("content")
    if not isinstance(blocks, list):
        raise BadReply("The answer's content is not a list.")
    text = "".join(_block(replies.mapping(block, "content block")) for block in blocks)
    reported = usage.from_anthropic(body.get("usage"))
    return ChatReply(
        text=text,
        usage=reported or usage.estimate(request.messages, text),
        finish_reason=_finish(body.get("stop_reason")),
        model=replies.word(body.get("model"), request.model),
        usage_reported=reported is not None,
        vendor_id=replies.word(body.get("id"), ""),
        raw=body,
    )


def _block(block: Mapping[str, Any]) -> str:
    """A block's text; the answer of a schema is the input of the tool that carries it."""
    if block.get("type") == "text":
        return replies.text(block.get("text"), "text")
    if block.get("type") == "tool_use":
        answer = json.dumps(replies.mapping(block.get("input"), "tool input"), ensure_ascii=False)
        return replies.text(answer, "tool input")
    return ""  # thinking, and what may come


def _finish(reason: Any) -> str:
    word = replies.word(reason, "stop")
    return _FINISH.get(word, word)


class _Heard:
    """What has come of a streamed answer so far."""

    def __init__(self, request: ChatRequest) -> None:
        self._request = request
        self._pieces = replies.Pieces()
        self._usage: dict[str, Any] = {}
        self._start: Mapping[str, Any] = {}
        self._stop: Any = None
        self._whole = False

    def take(self, event: Mapping[str, Any]) -> str:
        """The event's text, often none."""
        sse.refuse_error(event)
        kind = event.get("type")
        if kind == "content_block_delta":
            return self._text(replies.mapping(event.get("delta"), "delta"))
        if kind == "message_start":
            self._start = replies.mapping(event.get("message"), "message")
            self._count(self._start.get("usage"))
        elif kind == "message_delta":
            self._stop = replies.mapping(event.get("delta"), "delta").get("stop_reason")
            self._count(event.get("usage"))
        self._whole = self._whole or kind == "message_stop"
        return ""

    def _text(self, delta: Mapping[str, Any]) -> str:
        names = {"text_delta": "text", "input_json_delta": "partial_json"}
        name = names.get(str(delta.get("type")))
        return self._pieces.take(delta.get(name), name) if name else ""

    def _count(self, reported: Any) -> None:
        if isinstance(
            reported, dict
        ):  # the later event's counts are cumulative, and take the place of earlier ones
            self._usage |= {name: value for name, value in reported.items() if value is not None}

    def reply(self) -> ChatReply:
        if not self._whole:
            raise BadReply("The stream ended before the answer did.")
        text = self._pieces.joined()
        reported = usage.from_anthropic(self._usage)
        return ChatReply(
            text=text,
            usage=reported or usage.estimate(self._request.messages, text),
            finish_reason=_finish(self._stop),
            model=replies.word(self._start.get("model"), self._request.model),
            usage_reported=reported is not None,
            vendor_id=replies.word(self._start.get("id"), ""),
        )
