"""The ids of calls: ULIDs, which sort by time and hold it, so that an id alone finds its partition."""

import os
import re
import time
from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_ANY = bytes(ord(_DIGITS[byte & 31]) for byte in range(256))  # a random byte's digit
_PLAIN = str.maketrans(_DIGITS, "0123456789abcdefghijklmnopqrstuv")  # digits as `int` reads them
_ID = re.compile(rf"call_[0-7][{_DIGITS}]{{25}}")


def new_id(now: float | None = None, bits: int | None = None) -> str:
    """48 bits of milliseconds since 1970 (`now` in seconds) and 80 random ones, or `bits`; our prefix."""
    at = int((time.time() if now is None else now) * 1000)
    tail = os.urandom(16).translate(_ANY).decode() if bits is None else _digits(bits, 16)
    return f"call_{_digits(at, 10)}{tail}"


def _digits(number: int, count: int) -> str:
    """`count` digits, an even number of them."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(5 * count - 10, -10, -10)])


def valid(text: str) -> bool:
    return bool(_ID.fullmatch(text))


@lru_cache(maxsize=256)  # a call's is asked for by its journal, its record and its ticket
def time_of(call_id: str) -> float:
    """Seconds since 1970 UTC, to the millisecond. ValueError where it is no id of ours."""
    if not valid(call_id):
        raise ValueError(f"{call_id[:60]!r} is no call id.")
    return int(call_id[5:15].translate(_PLAIN), 32) / 1000
