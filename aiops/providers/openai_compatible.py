"""OpenAI's chat completions, as OpenAI, Azure, vLLM, Ollama, llama.cpp and many others serve them."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any
from urllib.parse import quote

from yarl import URL

from aiops.providers import embeddings, replies, sse, usage
from aiops.providers.errors import BadReply, Refused
from aiops.providers.http_provider import HttpProvider
from aiops.providers.options import OpenAIOptions
from aiops.providers.protocol import (
    ChatPiece,
    ChatReply,
    ChatRequest,
    EmbedReply,
    EmbedRequest,
    Message,
    Usage,
)
from aiops.providers.retry import Policy, persist
from aiops.providers.wire import Endpoint


def rooted(base_url: str) -> str:
    """The address below which `/chat/completions` lies: people paste it with and without that, or `/v1`.

    >>> rooted("http://localhost:11434"), rooted("https://api.openai.com/v1/chat/completions")
    ('http://localhost:11434/v1', 'https://api.openai.com/v1')
    """
    url = base_url.strip().rstrip("/").removesuffix("/chat/completions").rstrip("/")
    return url if url.count("/") > 2 else f"{url}/v1"


class OpenAICompatible(HttpProvider):
    """One open endpoint. `read_timeout` is the longest silence in seconds."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str = "",
        concurrency: int = 16,
        read_timeout: float = 60.0,
        options: OpenAIOptions | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._options = options = options or OpenAIOptions()
        self._root = rooted(base_url)
        self._query = f"?api-version={options.api_version}" if options.api_version else ""
        self._plain_urls = {
            what: URL(f"{self._root}/{what}{self._query}") for what in ("chat/completions", "embeddings")
        }
        self._newer: set[str] = set()  # models that want max_completion_tokens
        key = _key_header(URL(self._root), options, api_key)
        super().__init__(
            Endpoint(
                headers={**options.headers, **key},
                concurrency=concurrency,
                read_timeout=read_timeout,
                secret=api_key,
                proxy=options.proxy,
            ),
            policy or Policy(attempts=options.attempts),
        )

    async def embed(self, request: EmbedRequest, *, timeout: float) -> EmbedReply:
        """The vectors within `timeout` seconds, retries included."""
        body, _ = await persist(partial(self._embed, request), timeout=timeout, policy=self._policy)
        return embeddings.reply(request, body)

    async def _embed(self, request: EmbedRequest) -> Mapping[str, Any]:
        url = self._url(request.model, "embeddings")
        return await self._endpoint.post(url, {**self._options.extra_body, **embeddings.payload(request)})

    async def _ask(self, request: ChatRequest) -> ChatReply:
        url = self._url(request.model)
        try:
            body = await self._endpoint.post(url, self._payload(request))
        except Refused as error:
            if not self._learns(request.model, error):
                raise
            body = await self._endpoint.post(url, self._payload(request))
        return _reply(request, body)

    async def _pieces(self, request: ChatRequest) -> AsyncGenerator[ChatPiece, None]:
        payload = {**self._payload(request), "stream": True, "stream_options": {"include_usage": True}}
        heard = _Heard(request)
        lines = self._endpoint.lines(self._url(request.model), payload)
        async with aclosing(sse.events(lines)) as events:
            async for event in events:
                if piece := heard.take(event):
                    yield ChatPiece(piece)
        yield ChatPiece("", heard.reply())

    def _payload(self, request: ChatRequest) -> dict[str, Any]:
        payload: dict[str, Any] = {
            **self._options.extra_body,
            "model": request.model,
            "messages": [_message(message) for message in request.messages],
            self._limit_field(request.model): request.max_tokens,
        }
        if request.temperature is not None:
            payload["temperature"] = request.temperature
        if request.seed is not None:
            payload["seed"] = request.seed
        if request.stop:
            payload["stop"] = list(request.stop)
        if request.tools:
            payload["tools"] = list(request.tools)
        if request.tool_choice is not None:
            payload["tool_choice"] = request.tool_choice
        if request.response_schema is not None and self._options.response_format != "none":
            payload["response_format"] = self._format(request.response_schema)
        return payload

    def _format(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        if self._options.response_format == "json_object":
            return {"type": "json_object"}
        named = {"name": "answer", "schema": schema, "strict": self._options.strict_schema}
        return {"type": "json_schema", "json_schema": named}

    def _limit_field(self, model: str) -> str:
        if self._options.max_tokens_field != "auto":
            return self._options.max_tokens_field
        return "max_completion_tokens" if model in self._newer else "max_tokens"

    def _learns(self, model: str, error: Refused) -> bool:
        """Whether the refusal only asks for the newer name of max_tokens; a refused request costs nothing."""
        asks = "max_completion_tokens" in error.message and error.status == 400
        if not asks or self._limit_field(model) == "max_completion_tokens":
            return False
        self._newer.add(model)
        return self._options.max_tokens_field == "auto"

    def _url(self, model: str, what: str = "chat/completions") -> URL:
        if self._options.api_version is None or not self._root.endswith("/openai"):
            return self._plain_urls[what]
        deployment = quote(model, safe="")
        return URL(f"{self._root}/deployments/{deployment}/{what}{self._query}")

    def _models_url(self) -> URL:
        return URL(f"{self._root}/models{self._query}")


def _key_header(url: URL, options: OpenAIOptions, api_key: str) -> dict[str, str]:
    if not api_key:
        return {}
    azure = (url.host or "").endswith((".azure.com", ".azure-api.net"))
    header = options.key_header or ("api-key" if azure else "authorization")
    return {header: f"Bearer {api_key}" if header == "authorization" else api_key}


def _message(message: Message) -> dict[str, Any]:
    told: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        told["tool_calls"] = list(message.tool_calls)
    if message.tool_call_id:
        told["tool_call_id"] = message.tool_call_id
    return told


def _reply(request: ChatRequest, body: Mapping[str, Any]) -> ChatReply:
    choice = replies.first(body.get("choices"), "choices")
    message = replies.mapping(choice.get("message"), "message")
    finish = replies.word(choice.get("finish_reason"), "stop")
    text, finish = _content(message, finish)
    reported = usage.from_openai(body.get("usage"))
    return ChatReply(
        text=text,
        usage=reported or usage.estimate(request.messages, text),
        finish_reason=finish,
        model=replies.word(body.get("model"), request.model),
        usage_reported=reported is not None,
        vendor_id=replies.word(body.get("id"), ""),
        tool_calls=_tool_calls(message),
        raw=body,
    )


def _tool_calls(message: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise BadReply("The answer's tool_calls are no list.")
    return tuple(replies.mapping(call, "tool call") for call in calls)


def _content(message: Mapping[str, Any], finish: str) -> tuple[str, str]:
    content = message.get("content")
    if isinstance(content, str):
        return replies.text(content, "content"), finish
    if isinstance(content, list):
        parts = [replies.mapping(part, "content part") for part in content]
        return "".join(replies.text(p.get("text"), "text") for p in parts if p.get("type") == "text"), finish
    if isinstance(message.get("refusal"), str):
        return replies.text(message["refusal"], "refusal"), "refusal"
    if content is None and (finish in {"length", "content_filter"} or message.get("tool_calls")):
        return "", finish  # all tokens went into reasoning, or the vendor withheld the answer
    return replies.text(content, "content"), finish


class _Heard:
    """What has come of a streamed answer so far."""

    def __init__(self, request: ChatRequest) -> None:
        self._request = request
        self._pieces = replies.Pieces()
        self._finish = ""
        self._usage: Usage | None = None
        self._model = request.model
        self._id = ""

    def take(self, event: Mapping[str, Any]) -> str:
        """The event's text, often none."""
        sse.refuse_error(event)
        self._model = replies.word(event.get("model"), self._model)
        self._id = replies.word(event.get("id"), self._id)
        self._usage = usage.from_openai(event.get("usage")) or self._usage
        if not event.get("choices"):
            return ""
        choice = replies.first(event["choices"], "choices")
        self._finish = replies.word(choice.get("finish_reason"), self._finish)
        delta = replies.mapping(choice.get("delta") or {}, "delta")
        piece = delta.get("content") or delta.get("refusal") or ""
        return self._pieces.take(piece, "content")

    def reply(self) -> ChatReply:
        if not self._finish:
            raise BadReply("The stream ended before the answer did.")
        text = self._pieces.joined()
        return ChatReply(
            text=text,
            usage=self._usage or usage.estimate(self._request.messages, text),
            finish_reason=self._finish,
            model=self._model,
            usage_reported=self._usage is not None,
            vendor_id=self._id,
        )
