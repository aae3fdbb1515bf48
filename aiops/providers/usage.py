"""Tokens by class from what vendors report. The classes are disjoint, and never negative."""

import math
from collections.abc import Iterable
from typing import Any

from aiops.providers.protocol import Message, Usage

BYTES_PER_TOKEN = 3  # English has about four, Japanese about three: rather too many tokens than too few
TOKENS_PER_MESSAGE = 4
MOST = 100_000_000  # tokens of one call; a vendor that says more says nothing, and could not be stored


def from_openai(reported: Any) -> Usage | None:
    """`usage` of a chat completion, None where it is missing or no usage at all.

    `prompt_tokens` includes cached ones, `completion_tokens` reasoning ones. Some servers (Gemini, xAI) leave
    reasoning out of `completion_tokens`; it shows as what the total has too much, and is billed all the same.
    """
    prompt, completion = count(reported, "prompt_tokens"), count(reported, "completion_tokens")
    if prompt is None or completion is None:
        return None
    details = reported.get("prompt_tokens_details")
    cached = count(details, "cached_tokens") or count(reported, "prompt_cache_hit_tokens") or 0
    cached = min(prompt, cached)
    written = min(prompt - cached, count(details, "cache_write_tokens") or 0)
    reasoning = count(reported.get("completion_tokens_details"), "reasoning_tokens") or 0
    beyond = max(0, (count(reported, "total_tokens") or 0) - prompt - completion)
    inside = min(completion, max(0, reasoning - beyond))
    return Usage(
        input=prompt - cached - written,
        cached_input=cached,
        cache_write=written,
        output=completion - inside,
        reasoning=inside + beyond,
    )


def from_anthropic(reported: Any) -> Usage | None:
    """`usage` of a message, None where it is missing. `input_tokens` exclude cache reads and writes."""
    said, wrote = count(reported, "input_tokens"), count(reported, "output_tokens")
    if said is None or wrote is None:
        return None
    return Usage(
        input=said,
        cached_input=count(reported, "cache_read_input_tokens") or 0,
        cache_write=count(reported, "cache_creation_input_tokens") or 0,
        output=wrote,
    )


def estimate(messages: Iterable[Message], answer: str) -> Usage:
    """A guess from the length in UTF-8 bytes, for servers that report nothing."""
    said = sum(tokens_in(message.content) + TOKENS_PER_MESSAGE for message in messages)
    return Usage(input=said, output=tokens_in(answer))


def tokens_in(text: str) -> int:
    return math.ceil(len(text.encode(errors="replace")) / BYTES_PER_TOKEN)


def count(reported: Any, name: str) -> int | None:
    """The whole number from 0 to `MOST` under `name`, None for anything else."""
    value = reported.get(name) if isinstance(reported, dict) else None
    return value if type(value) is int and 0 <= value <= MOST else None
