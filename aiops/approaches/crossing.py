"""What models say of cases that they have not seen: the scores that thresholds are chosen by. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aiops.approaches import hashed, learning

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS = learning.FOLDS + 1


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
