"""JSON as RFC 8259 has it: no NaN, no infinity, no key twice; what is wrong in words."""

import json
import math
from typing import Any

_SPACE = " \t\r\n"


class BadJson(ValueError):
    """The text is no JSON value that can be kept; the message says why, and where in the line."""


def decode(text: str) -> Any:
    """The value that `text`, which begins with it, says. Raises BadJson."""
    try:
        value, end = _decoder.raw_decode(text)
    except json.JSONDecodeError as error:
        raise BadJson(f"not valid JSON: {_explained(error, text)}") from None
    except RecursionError:
        raise BadJson("not valid here: lists or objects are nested too deeply") from None
    except BadJson:
        raise
    except ValueError as error:  # a number of thousands of digits
        raise BadJson(f"not valid JSON here: {error}") from None
    if text[end:].strip(_SPACE):
        raise BadJson(f"something follows the value (column {end + 1}); write one object a line")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]  # add() is falsy
        raise BadJson(f'the key "{twice[:60]}" stands twice in one object')
    return made


def _constant(name: str) -> Any:
    raise BadJson(f"{name} is not JSON: use null, or text")


def _number(text: str) -> float | int:
    value = float(text)
    if not math.isfinite(value):
        raise BadJson(f"the number {text[:40]} is too large")
    if value.is_integer() and abs(value) >= 1e16:
        return int(value)  # what the database gives back, so that export and import agree
    return value + 0.0  # no negative zero, for the same reason


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_number)


def _explained(error: json.JSONDecodeError, text: str) -> str:
    written = text.rstrip()
    before, at = written[: error.pos].rstrip(), written[error.pos : error.pos + 1]
    where = f"(column {error.colno})"
    if at in {"}", "]"} and before.endswith(","):
        return f"there is a trailing comma before {at} {where}"
    if error.msg.startswith("Unterminated string"):
        return f"the text that begins at column {error.colno} is never closed; is the line cut off?"
    if not at:
        return f"the line is cut off {where}"
    if at == "'":
        return f"texts stand in double quotes, not single ones {where}"
    return f"{error.msg[:1].lower()}{error.msg[1:]} {where}"
