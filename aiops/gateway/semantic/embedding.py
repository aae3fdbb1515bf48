"""A question's vector for comparisons in memory: what `knowledge.vectors` makes, without its empty places.

An eighth of the time, as numpy adds the counts up; a test holds the two side by side.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aiops.knowledge.vectors import DIMENSIONS, placed

__all__ = ["DIMENSIONS", "Sparse", "embed", "written"]
_MOST = 8_192  # of one gram in a question, which has 2,000 characters
_DAMPED = np.concatenate(
    [-np.log1p(np.arange(_MOST, 0, -1)), np.log1p(np.arange(_MOST + 1))]
).astype(np.float32)  # fmt: skip  # by count, from -_MOST on


class Sparse(NamedTuple):
    """`values` at `places`, of length 1; all others are 0."""

    places: npt.NDArray[np.intp]
    values: npt.NDArray[np.float32]


def embed(text: str) -> Sparse:
    """The vector of a question. Of a text without words, its first place is 1."""
    counted = np.bincount(np.frombuffer(placed(text), np.int16) + DIMENSIONS, minlength=2 * DIMENSIONS)
    counts = counted[DIMENSIONS:] - counted[DIMENSIONS - 1 :: -1]
    places = counts.nonzero()[0]
    if not len(places):
        return Sparse(np.zeros(1, np.intp), np.ones(1, np.float32))
    values = _DAMPED.take(counts.take(places) + _MOST, mode="clip")
    return Sparse(places, values / np.sqrt(values.dot(values)))


def written(vector: Sparse) -> str:
    """As pgvector reads it where most places are empty."""
    pairs = zip((vector.places + 1).tolist(), vector.values.tolist(), strict=True)
    return f"{{{','.join([f'{place}:{value:.5g}' for place, value in pairs])}}}/{DIMENSIONS}"
