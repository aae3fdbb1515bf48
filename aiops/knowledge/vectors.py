"""A text as a vector of its words' parts: no model, no download. Lexical only: it knows no synonyms.

What scikit-learn's HashingVectorizer does (the same hash, sign and place), without loading scikit-learn into
every gateway process; a test holds the two side by side. Counts are damped by a logarithm, lengths are 1.
What a word adds is kept, for most words come again.
"""

import math
from array import array
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

import mmh3

from aiops.knowledge.bigrams import parts

DIMENSIONS = 512
_GRAMS = (3, 4)  # characters of a word's parts, its borders among them
_KEPT = 8_192  # words, some 150 bytes each


def grams(text: str) -> Iterator[str]:
    """Words and their parts; of what has no spaces single characters, pairs and threes."""
    return chain.from_iterable(_grams(part, close=close) for part, close in parts(text))


def _grams(part: str, *, close: bool) -> list[str]:
    if close:
        return [part[at : at + size] for size in (1, 2, 3) for at in range(len(part) - size + 1)]
    bordered = f" {part} "
    return [part, *(bordered[at : at + n] for n in _GRAMS for at in range(len(bordered) - n + 1))]


def placed(text: str) -> bytes:
    """The place of each gram as two bytes in the machine's order; `~place` where its sign is negative."""
    return b"".join([_placed(part, close) for part, close in parts(text)])


@lru_cache(maxsize=_KEPT)
def _placed(part: str, close: bool) -> bytes:  # noqa: FBT001 - a key of the cache
    hashed = (mmh3.hash(gram) for gram in _grams(part, close=close))
    return array("h", (one % DIMENSIONS if one >= 0 else ~(-one % DIMENSIONS) for one in hashed)).tobytes()


def counts(text: str) -> dict[int, int]:
    """Signed counts by place in the vector; what cancels itself is 0, or missing."""
    found: dict[int, int] = {}
    for place, count in Counter(array("h", placed(text))).items():
        if place >= 0:
            found[place] = found.get(place, 0) + count
        else:
            found[~place] = found.get(~place, 0) - count
    return found


def vector(text: str) -> list[float]:
    """Of length 1; of a text without words all zeros but the first place, since a direction there must be."""
    damped = {place: math.copysign(math.log1p(abs(count)), count) for place, count in counts(text).items()}
    length = math.sqrt(sum(value * value for value in damped.values()))
    found = [0.0] * DIMENSIONS
    for place, value in damped.items():
        found[place] = value / length if length else 0.0
    if not any(found):
        found[0] = 1.0
    return found


def written(values: list[float]) -> str:
    """As pgvector reads it."""
    return "[" + ",".join(f"{value:.6g}" for value in values) + "]"
