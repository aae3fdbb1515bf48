"""The ids of calls: ULIDs, which sort by time and hold it, so that an id alone finds its partition."""

import os
import re
import time
from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_PLAIN = str.maketrans(_DIGITS, "0123456789abcdefghijklmnopqrstuv")  # digits as `int` reads them
_ID = re.compile(rf"call_[0-7][{_DIGITS}]{{25}}")


def new_id(now: float | None = None, bits: int | None = None) -> str:
    """48 bits of milliseconds since 1970 (`now` in seconds) and 80 random ones, or `bits`; our prefix."""
    tail = int.from_bytes(os.urandom(10)) if bits is None else bits
    number = int((time.time() if now is None else now) * 1000) << 80 | tail
    return "call_" + "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -10, -10)])


def valid(text: str) -> bool:
    return bool(_ID.fullmatch(text))


@lru_cache(maxsize=256)  # a call's is asked for by its journal, its record and its ticket
def time_of(call_id: str) -> float:
    """Seconds since 1970 UTC, to the millisecond. ValueError where it is no id of ours."""
    if not valid(call_id):
        raise ValueError(f"{call_id[:60]!r} is no call id.")
    return int(call_id[5:15].translate(_PLAIN), 32) / 1000
