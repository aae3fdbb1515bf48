"""What the fake model says, and the bodies it says it in, after OpenAI's and Anthropic's published shapes."""

import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Answer = Callable[[dict[str, Any]], str]


def echo(request: dict[str, Any]) -> str:
    """The last message's text."""
    return text_of(request["messages"][-1])


def fixed(text: str) -> Answer:
    return lambda _request: text


def first_label(labels: list[str]) -> Answer:
    """The first of `labels` in the last message (`_` and `-` count as blanks), else the first label."""
    plain = [(label, label.lower().replace("_", " ").replace("-", " ")) for label in labels]

    def answer(request: dict[str, Any]) -> str:
        said = echo(request).lower().replace("_", " ").replace("-", " ")
        return next((label for label, words in plain if words in said), labels[0])

    return answer


def expected_of(path: Path, wrong_every: int = 0) -> Answer:
    """What a golden dataset (JSON Lines) expects for the inputs found in the last message.

    Every `wrong_every`-th case is answered with "wrong"; 0 is never.
    """
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    known: dict[str, str] = {}
    for number, case in enumerate(json.loads(line) for line in lines if line.strip()):
        wrong = wrong_every and number % wrong_every == 0
        expected = case.get("expected")
        right = expected if isinstance(expected, str) else json.dumps(expected, ensure_ascii=False)
        for value in case["inputs"].values():
            known.setdefault(value, "wrong" if wrong else right)

    def answer(request: dict[str, Any]) -> str:
        said = echo(request)
        found = known.get(said) or known.get(said.strip())
        return found or next((right for value, right in known.items() if value in said), "unknown")

    return answer


def parse_answer(rule: str) -> Answer:
    """`echo`, `fixed:TEXT`, `label:a,b,c`, `expected:FILE` or `expected:FILE:7` (every 7th wrong)."""
    kind, _, rest = rule.partition(":")
    if kind == "fixed":
        return fixed(rest)
    if kind == "label":
        return first_label(rest.split(","))
    if kind == "expected":
        path, _, every = rest.partition(":")
        return expected_of(Path(path), int(every or 0))
    return echo


def text_of(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def tokens(text: str) -> int:
    """A rough count, the same on both shapes: four bytes a token, at least one."""
    return max(1, len(text.encode(errors="replace")) // 4)


SAME = {"reimbursed": "refund", "refunds": "refund", "money": "refund", "phone": "mobile", "cell": "mobile"}
LENGTH = 64  # numbers of a vector, where no other is asked for


def meaning(text: str, length: int = LENGTH) -> list[float]:
    """A vector that knows a few words that mean the same, and nothing of how words are written."""
    found = [0.0] * length
    for word in "".join(one if one.isalnum() else " " for one in text.lower()).split():
        found[zlib.crc32(SAME.get(word, word).encode()) % length] += 1.0
    return found if any(found) else [1.0, *found[1:]]


def openai_vectors(request: dict[str, Any]) -> dict[str, Any]:
    """What `/v1/embeddings` answers."""
    length = request.get("dimensions") or LENGTH
    rows = [
        {"object": "embedding", "index": at, "embedding": meaning(text, length)}
        for at, text in enumerate(request["input"])
    ]
    tokens = sum(len(text.split()) for text in request["input"])
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": rows, "model": request["model"], "usage": usage}


def openai_body(request: dict[str, Any], text: str) -> dict[str, Any]:
    prompt = sum(tokens(text_of(message)) for message in request["messages"])
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": request["model"],
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": tokens(text),
            "total_tokens": prompt + tokens(text),
        },
    }


def anthropic_body(request: dict[str, Any], text: str) -> dict[str, Any]:
    said = [*request["messages"], {"content": request.get("system", "")}]
    return {
        "id": "msg_fake",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": sum(tokens(text_of(message)) for message in said),
            "output_tokens": tokens(text),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        },
    }


def openai_stream(request: dict[str, Any], text: str) -> Iterator[bytes]:
    body = openai_body(request, text)
    shared = {
        "id": body["id"],
        "object": "chat.completion.chunk",
        "model": body["model"],
        "created": body["created"],
    }

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return b"data: " + json.dumps({**shared, "choices": [choice]}).encode() + b"\n\n"

    yield chunk({"role": "assistant", "content": ""})
    for piece in pieces(text):
        yield chunk({"content": piece})
    yield chunk({}, "stop")
    if (request.get("stream_options") or {}).get("include_usage"):
        yield b"data: " + json.dumps({**shared, "choices": [], "usage": body["usage"]}).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"


def anthropic_stream(request: dict[str, Any], text: str) -> Iterator[bytes]:
    body = anthropic_body(request, text)

    def event(kind: str, **fields: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()

    start = {**body, "content": [], "stop_reason": None, "usage": {**body["usage"], "output_tokens": 1}}
    yield event("message_start", message=start)
    yield event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield event("ping")
    for piece in pieces(text):
        yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
    yield event("content_block_stop", index=0)
    usage = {"output_tokens": body["usage"]["output_tokens"]}
    yield event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage=usage)
    yield event("message_stop")


def pieces(text: str) -> list[str]:
    """The text in parts of five characters, as a vendor streams it."""
    return [text[start : start + 5] for start in range(0, len(text), 5)]
