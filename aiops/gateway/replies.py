"""From a reply to what callers get: OpenAI's shape, our own, headers, errors (CONTRACTS 2)."""

import base64
import math
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from aiops.gateway.errors import GatewayError
from aiops.gateway.messages import Call, Passage, Reply
from aiops.providers.protocol import Usage

PLACES = Decimal("0.0000000001")
NOTHING = f"{PLACES * 0:f}"


def money(amount: Decimal) -> str:
    """USD with ten places, as text: no float ever touches money."""
    return f"{amount.quantize(PLACES):f}" if amount else NOTHING


def headers(call: Call, reply: Reply, limits: Callable[[Call], Mapping[str, str]]) -> dict[str, str]:
    """The response's headers; while the reply is still being written, only what is known.

    `limits` says what is left where the call itself never got as far as to ask.
    """
    trace = call.trace
    known = {"x-aiops-call-id": call.id, "x-aiops-outcome": reply.outcome}
    if reply.fallback:
        known["x-aiops-fallback-reason"] = _header(reply.fallback.reason)
    if reply.model:
        known["x-aiops-model"] = _header(reply.model)
    if call.approach.number:
        known["x-aiops-prompt-version"] = str(call.approach.number)
    known["x-aiops-arm"] = call.arm
    known["x-aiops-cache"] = trace.cache
    if reply.live is None:
        known["x-aiops-overhead-ms"] = f"{max(0.0, trace.elapsed_ms() - trace.waited_ms):.2f}"
        known["x-aiops-cost-usd"] = money(trace.cost)
    known.update(limits(call) if trace.limits is None else trace.limits)
    return known


def error_headers(error: GatewayError) -> dict[str, str]:
    return {"retry-after": str(math.ceil(error.retry_after))} if error.retry_after is not None else {}


def error_body(error: GatewayError) -> dict[str, Any]:
    return {"error": {"message": error.message, "type": error.type, "param": error.param, "code": error.code}}


def chat_body(call: Call, reply: Reply) -> dict[str, Any]:
    """OpenAI's chat completion, with our `aiops` object."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.tool_calls:
        message |= {"content": reply.text or None, "tool_calls": list(reply.tool_calls)}
    return {
        "id": call.id,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": reply.model or call.feature.slug,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish_of(reply)}],
        "usage": usage_body(reply.usage),
        "aiops": aiops_body(call, reply),
    }


def embeddings_body(call: Call, reply: Reply, encoding: str) -> dict[str, Any]:
    """OpenAI's list of embeddings, with our `aiops` object. In base64 they are little-endian float32."""
    rows = [
        {
            "object": "embedding",
            "index": index,
            "embedding": _packed(vector) if encoding == "base64" else vector,
        }
        for index, vector in enumerate(reply.vectors)
    ]
    read = reply.usage.input + reply.usage.cached_input + reply.usage.cache_write
    usage = {"prompt_tokens": read, "total_tokens": read}
    told = {"model": reply.model, "usage": usage, "aiops": aiops_body(call, reply)}
    return {"object": "list", "data": rows, **told}


def _packed(vector: tuple[float, ...]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def chunk(call: Call, reply: Reply, delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    """One event of a stream."""
    return {
        "id": call.id,
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": reply.model or call.feature.slug,
        "choices": [{"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": finish}],
    }


def finish_of(reply: Reply) -> str:
    return reply.finish_reason if reply.outcome in {"answered", "cached"} else "stop"


def usage_body(usage: Usage) -> dict[str, Any]:
    read = usage.input + usage.cached_input + usage.cache_write
    written = usage.output + usage.reasoning
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": usage.cached_input},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


def aiops_body(call: Call, reply: Reply) -> dict[str, Any]:
    return {
        "id": call.id,
        "outcome": reply.outcome,
        "fallback": _fallback(reply),
        "ticket": asdict(reply.ticket) if reply.ticket else None,
        "citations": [_citation(passage) for passage in reply.passages],
        "cost_usd": money(call.trace.cost),
    }


def invoke_body(call: Call, reply: Reply) -> dict[str, Any]:
    """Our own shape (CONTRACTS 2.1)."""
    usage = reply.usage
    return {
        "id": call.id,
        "feature": call.feature.slug,
        "outcome": reply.outcome,
        "output": reply.text,
        "data": reply.structured,
        "citations": [_citation(passage) for passage in reply.passages],
        "fallback": _fallback(reply),
        **({"ticket": asdict(reply.ticket)} if reply.ticket else {}),
        "prompt": _prompt(call),
        "model": reply.model,
        "usage": {
            "input_tokens": usage.input + usage.cache_write,
            "cached_input_tokens": usage.cached_input,
            "output_tokens": usage.output + usage.reasoning,
        },
        "cost_usd": money(call.trace.cost),
        "latency_ms": round(call.trace.elapsed_ms()),
        "guardrails": [
            {"name": check.name, "passed": check.passed, **({"reason": check.reason} if check.reason else {})}
            for check in reply.checks
        ],
    }


def _fallback(reply: Reply) -> dict[str, str] | None:
    return {"reason": reply.fallback.reason, "served_by": reply.fallback.by} if reply.fallback else None


def _prompt(call: Call) -> dict[str, Any]:
    name = call.approach.prompt if call.approach.kind == "prompt" else call.approach.name
    return {"name": name, "version": call.approach.number, "arm": call.arm}


def _citation(passage: Passage) -> dict[str, Any]:
    return {
        "n": passage.number,
        "document": passage.document,
        "title": passage.title,
        "url": passage.url,
        "quote": passage.quote or passage.text[:300],
        "score": round(passage.score, 4),
    }


def _header(value: str) -> str:
    """Names of models and reasons as one line of ASCII."""
    if value.isascii() and value.isprintable():
        return value
    return value.encode("ascii", "replace").decode().replace("\r", " ").replace("\n", " ")
