"""What models say of cases that they have not seen: the scores that thresholds are chosen by. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aiops.approaches import hashed, learning

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS = learning.FOLDS + 1
PRECISION = 0.9  # of the categories that are said, at least so much is right
LEVEL = 0.95
GRID = tuple(place / 50 for place in range(25, 50))  # below a half the rest together is likelier


@dataclass(frozen=True, slots=True)
class Crossed:
    """`chances` (n, labels) are each case's by a model that saw neither it nor its twins; `model` saw all."""

    chances: "NDArray[np.float64]"
    model: hashed.Model


def crossed(
    texts: Sequence[str],
    labels: Sequence[str],
    clusters: Sequence[str],
    known: Sequence[str],
    step: Callable[[int], None] = lambda _: None,
) -> Crossed:
    """Learn in folds, then from all. `known` of one name: how sure it is that, else a chance for each.

    `step` hears how many models are done.
    """
    places = hashed.places_for(len(known))
    rows = hashed.table(texts, places)
    chances = np.zeros((len(texts), len(known)))
    for done, (learnt, asked) in enumerate(learning.folds(texts, labels, clusters), start=1):
        model = hashed.fit(rows[learnt], [labels[at] for at in learnt], known, places)
        for at in asked:
            chances[at] = model.chances(texts[at])
        step(done)
    model = hashed.fit(rows, labels, known, places)
    step(STEPS)
    return Crossed(chances, model)


@dataclass(frozen=True, slots=True)
class Sure:
    """From `threshold` on `precision` of the answers are right, `lower` at least; None: nowhere proven."""

    threshold: float | None
    precision: float | None
    lower: float | None
    covered: float


def sure(confidence: "NDArray[np.float64]", right: "NDArray[np.bool_]") -> Sure:
    """The smallest threshold whose precision is proven: Clopper and Pearson's lower bound, out of fold."""
    from scipy.special import betaincinv  # noqa: PLC0415 - in a worker only

    best = Sure(None, None, None, 0.0)
    for at in sorted(GRID, reverse=True):
        said = confidence >= at
        n, hits = int(said.sum()), int((said & right).sum())
        lower = float(betaincinv(hits, n - hits + 1, 1 - LEVEL)) if hits else 0.0
        if lower >= PRECISION:
            best = Sure(at, hits / n, lower, n / len(right))
    return best
