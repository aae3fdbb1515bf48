"""Answers and what they took, for people. What a model wrote is text, and never anything else."""

import json

from aiops.core import figures
from aiops.core.money import usd
from aiops.evaluations.models import PlaygroundCall
from aiops.evaluations.rows import storable


def pretty(text: str) -> str:
    """`text`, indented where it is a JSON object or list."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return storable(json.dumps(json.loads(text), ensure_ascii=False, indent=2))
    except (ValueError, RecursionError):
        return text


def took(call: PlaygroundCall) -> str:
    """What the answer took: money, tokens, time."""
    parts = []
    if call.state == PlaygroundCall.State.ANSWERED:
        about = "" if call.usage_reported else "about "
        parts += [usd(call.cost), f"{about}{call.tokens_in:,} + {call.tokens_out:,} tokens"]
    elif call.unaccounted:
        parts.append(f"up to {usd(call.unaccounted)} may have been billed")
    if call.latency_ms is not None:
        parts.append(figures.duration(call.latency_ms))
    if call.first_ms is not None and call.latency_ms is not None and call.first_ms < call.latency_ms:
        parts.append(f"first words after {figures.duration(call.first_ms)}")
    return " · ".join(parts)
