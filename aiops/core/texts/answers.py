"""An answer as its reader gets it: without the fence, the texts of it, one line of it."""

import json
from typing import Any


def unfenced(output: str) -> str:
    """JSON without the Markdown fence that models like to put around it."""
    text = output.strip()
    if text.startswith("```") and text.endswith("```") and "\n" in text:
        return text.split("\n", 1)[1][:-3].strip()
    return text


def prose(output: str) -> str:
    """The texts of a JSON answer, or the output itself."""
    try:
        parsed = json.loads(unfenced(output))
    except ValueError:
        return output
    return "\n".join(_texts(parsed)) or output


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for part in value for text in _texts(part)] if isinstance(value, list) else []


def shorten(text: str, limit: int = 120) -> str:
    """`text` on one line, cut to `limit` characters, for a reason."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
