"""Vectors as they are kept: checked, of one length, and of length 1. Pure."""

import math
from collections.abc import Sequence

MOST = 2000  # numbers of a vector that an index can hold
LONGEST = 8000  # characters of a text that are read: within what models take

Vector = tuple[float, ...]


class Unfit(Exception):
    """These vectors can't be kept: the message says why, and what to do."""


def shaped(vectors: Sequence[Sequence[float]], length: int | None, *, cut: bool = False) -> list[Vector]:
    """All of `length` numbers, or of as many as they have where it is None. Raises Unfit."""
    return [_shaped(one, length, cut=cut) for one in vectors]


def _shaped(vector: Sequence[float], length: int | None, *, cut: bool) -> Vector:
    numbers = tuple(map(float, vector))
    if length is not None and cut and len(numbers) > length:
        numbers = numbers[:length]
    if length is not None and len(numbers) != length:
        raise Unfit(
            f"The model gives {len(numbers):,} numbers where {length:,} are wanted: it does not shorten. "
            "Choose its own length, or let vectors be cut, which only suits models that are made for it."
        )
    if len(numbers) > MOST:
        raise Unfit(
            f"The model gives {len(numbers):,} numbers; an index holds {MOST:,}. Ask for shorter vectors."
        )
    size = math.sqrt(sum(value * value for value in numbers))
    if not math.isfinite(size) or not size:
        raise Unfit("The model gives vectors without a direction: all zeros, or numbers that are none.")
    return tuple(value / size for value in numbers)


def cosine(left: Sequence[float], right: Sequence[float]) -> float:
    """Of vectors of length 1."""
    return sum(a * b for a, b in zip(left, right, strict=True))
