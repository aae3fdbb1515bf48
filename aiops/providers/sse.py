"""Server-sent events as vendors use them: `data:` lines with a JSON object each, until `[DONE]`.

Vendors put each event's JSON on one line, so that an event's other fields and joined lines need no care.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from aiops.providers.errors import BadReply, ProviderError, RateLimited, ServerError


async def events(lines: AsyncGenerator[bytes, None]) -> AsyncGenerator[Mapping[str, Any], None]:
    """The objects of a stream's `data:` lines."""
    async with aclosing(lines):
        async for line in lines:
            if not line.startswith(b"data:"):
                continue
            words = line[5:].strip()
            if words == b"[DONE]":
                return
            if words:
                yield _object(words)


def _object(words: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(words)
    except (ValueError, RecursionError):
        raise BadReply("An event of the stream is not JSON.") from None
    if not isinstance(event, dict):
        raise BadReply("An event of the stream is not a JSON object.")
    return event


def refuse_error(event: Mapping[str, Any]) -> None:
    """Raise what an error event within a stream means."""
    error = event.get("error")
    if not error:
        return
    kind = str(error.get("type") or error.get("code") or "") if isinstance(error, dict) else ""
    words = str(error.get("message") or kind) if isinstance(error, dict) else str(error)
    tree: type[ProviderError] = RateLimited if "rate_limit" in kind else ServerError
    raise tree(f"The vendor broke the stream off: {words[:300]}")
