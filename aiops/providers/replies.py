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


def word(value: Any, otherwise: str) -> str:
    """A short text, `otherwise` where it is missing or of another type."""
    return text(value, "")[:200] if isinstance(value, str) and value else otherwise


def _kind(value: Any) -> str:
    if value is None:
        return "missing"
    return "an empty list" if value == [] else f"a {type(value).__name__}"
