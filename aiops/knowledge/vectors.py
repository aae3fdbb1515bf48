"""A text as a vector of its words' parts: no model, no download. Lexical only: it knows no synonyms.

What scikit-learn's HashingVectorizer does (the same hash, sign and place), without loading scikit-learn into
every gateway process; a test holds the two side by side. Counts are damped by a logarithm, lengths are 1.
"""

import math
from collections import defaultdict
from collections.abc import Iterator

import mmh3

from aiops.knowledge.bigrams import parts

DIMENSIONS = 512
_GRAMS = (3, 4)  # characters of a word's parts, its borders among them


def grams(text: str) -> Iterator[str]:
    """Words and their parts; of what has no spaces single characters, pairs and threes."""
    for part, close in parts(text):
        if close:
            yield from (part[at : at + size] for size in (1, 2, 3) for at in range(len(part) - size + 1))
            continue
        yield part
        bordered = f" {part} "
        yield from (bordered[at : at + n] for n in _GRAMS for at in range(len(bordered) - n + 1))


def counts(text: str) -> dict[int, int]:
    """Signed counts by place in the vector."""
    found: dict[int, int] = defaultdict(int)
    for gram in grams(text):
        hashed = mmh3.hash(gram)
        found[abs(hashed) % DIMENSIONS] += 1 if hashed >= 0 else -1
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
