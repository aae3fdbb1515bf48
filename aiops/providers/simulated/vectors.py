"""Vectors without a model: words and letter groups, hashed. Lexical only: synonyms are far apart."""

import math

import mmh3
import regex

DIMENSIONS = 512
GROUP = 3  # letters
_WORDS = regex.compile(r"[\p{L}\p{N}]+")


def embed(text: str, dimensions: int = DIMENSIONS) -> tuple[float, ...]:
    """A vector of length 1, always the same for the same text."""
    sums = [0.0] * dimensions
    for part in _parts(text.casefold()):
        number = mmh3.hash(part, signed=False)
        sums[(number >> 1) % dimensions] += 1.0 if number & 1 else -1.0
    length = math.sqrt(sum(value * value for value in sums))
    if not length:
        return (1.0, *sums[1:])
    return tuple(value / length for value in sums)


def _parts(text: str) -> list[str]:
    words = _WORDS.findall(text)
    groups = [f" {word} "[at : at + GROUP] for word in words for at in range(len(word))]
    return [*words, *groups]
