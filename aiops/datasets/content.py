"""What a case says, as a value: the same for files, forms and rows.

Its canonical form is one JSON line; two cases are the same where their lines are. A frozen version's SHA-256
is the one of its exported file, so `sha256sum` can check it.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MAX_CASES = 100_000
MAX_CASE_BYTES = 1024 * 1024  # of the canonical line in UTF-8
MAX_LABEL = 200  # characters in an id, a category, a tag
MAX_LOCALE = 35  # characters, as RFC 5646 suggests

_quote = json.encoder.encode_basestring  # of json.dumps(…, ensure_ascii=False), in C where there is one
_encode_any = json.JSONEncoder(ensure_ascii=False, sort_keys=True, allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class CaseContent:
    """One golden case without its history. `key` is the `id` of the file; `inputs` maps variable to text."""

    key: str
    inputs: dict[str, str]
    expected: Any = None
    category: str = ""
    locale: str = ""
    tags: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    must_pass: bool = False
    checks: list[dict[str, Any]] = field(default_factory=list)

    def parts(self) -> dict[str, str]:
        """The JSON text of each key, in the file's order. The optional ones only where they say something."""
        parts = {
            "id": _quote(self.key),
            "inputs": _encode_texts(self.inputs),
            "expected": _encode(self.expected),
            "category": _quote(self.category),
            "locale": _quote(self.locale),
            "tags": "[" + ", ".join(map(_quote, self.tags)) + "]",
            "metadata": _encode(self.metadata),
        }
        if self.must_pass:
            parts |= {"must_pass": "true"}
        if self.checks:
            parts["checks"] = _encode(self.checks)
        return parts

    def line(self) -> str:
        """The canonical JSON line, without its line end."""
        return join(self.parts())

    def texts(self) -> Iterator[str]:
        """All text that a search looks at."""
        yield self.key
        yield self.category
        yield from self.tags
        yield from self.inputs.values()
        yield from leaves(self.expected)


def _encode_texts(texts: dict[str, str]) -> str:
    return "{" + ", ".join(f"{_quote(name)}: {_quote(texts[name])}" for name in sorted(texts)) + "}"


def _encode(value: Any) -> str:
    """JSON; most values are texts or nothing, and for these the encoder would take ten times as long."""
    if isinstance(value, str):
        return _quote(value)
    if value is None:
        return "null"
    return _encode_any(value) if value else str(value)  # {} and []


def join(parts: dict[str, str]) -> str:
    """One JSON object from the JSON texts of its values."""
    return "{" + ", ".join(f'"{name}": {text}' for name, text in parts.items()) + "}"


def digest(line: str) -> str:
    """SHA-256 of a canonical line, as 64 hexadecimal digits."""
    return hashlib.sha256(line.encode()).hexdigest()


def leaves(value: Any) -> Iterator[str]:
    """Every text within a JSON value, keys left out."""
    stack = [value]
    while stack:
        top = stack.pop()
        if isinstance(top, str):
            yield top
        elif isinstance(top, dict):
            stack.extend(reversed(list(top.values())))
        elif isinstance(top, list):
            stack.extend(reversed(top))
