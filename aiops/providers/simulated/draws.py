"""Chance without a random generator: the same parts give the same draw, in every process and for ever."""

import hashlib
import json
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def fraction(*parts: object) -> float:
    """A number in [0, 1), uniform over different `parts` (values that JSON can hold)."""
    digest = hashlib.sha256(json.dumps(parts, ensure_ascii=False, default=str).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def pick(options: Sequence[T], *parts: object) -> T:
    """One of `options`, fixed by `parts`."""
    return options[int(fraction(*parts) * len(options))]
