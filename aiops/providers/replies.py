"""Reading vendors' JSON strictly: a value of the wrong type is a BadReply, never a surprise further down."""

from collections.abc import Mapping
from typing import Any

from aiops.providers.errors import BadReply


def mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadReply(f"The answer's {name} is {_kind(value)} instead of an object.")
    return value


def first(value: Any, name: str) -> Mapping[str, Any]:
    """The first object of a list."""
    if not isinstance(value, list) or not value:
        raise BadReply(f"The answer's {name} is {_kind(value)} instead of a list with an object.")
    return mapping(value[0], f"{name}[0]")


def text(value: Any, name: str) -> str:
    """A string that a database can hold: NUL and lone surrogates become U+FFFD."""
    if not isinstance(value, str):
        raise BadReply(f"The answer's {name} is {_kind(value)} instead of text.")
    if value.isascii():
        return value.replace("\x00", "\ufffd") if "\x00" in value else value
    return value.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Pieces:
    """A text that comes in pieces: two halves of a surrogate pair that were sent apart make one character."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._half = ""

    def take(self, value: Any, name: str) -> str:
        """The piece as it can be shown now."""
        if not isinstance(value, str):
            return text(value, name)
        whole = self._half + value
        self._half = whole[-1] if "\ud800" <= whole[-1:] <= "\udbff" else ""
        piece = text(whole.removesuffix(self._half) if self._half else whole, name)
        self._texts.append(piece)
        return piece

    def joined(self) -> str:
        """All of it."""
        return "".join(self._texts) + text(self._half, "text")


def word(value: Any, otherwise: str) -> str:
    """A short text, `otherwise` where it is missing or of another type."""
    return text(value, "")[:200] if isinstance(value, str) and value else otherwise


def _kind(value: Any) -> str:
    if value is None:
        return "missing"
    return "an empty list" if value == [] else f"a {type(value).__name__}"
