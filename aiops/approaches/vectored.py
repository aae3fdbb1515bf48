"""A linear model over an embedder's vector and a few plain marks: what a router learns where a model embeds.

As `hashed`, it is plain numbers, learnt in a worker and asked by numpy alone. One label: its chance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aiops.approaches import learning
from aiops.approaches.hashed import PLAIN, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

CERTAIN = 20.0
RECIPE: dict[str, Any] = {
    "features": "an embedder's vector; length, digits, lines, scripts, marks",
    "model": "logistic regression",
    "C": 10.0,
    "iterations": 200,
}


@dataclass(frozen=True, eq=False)
class Model:
    """`weights` (numbers of a vector + PLAIN,)."""

    weights: "Floats"
    intercept: float

    def chance(self, vector: Sequence[float], text: str) -> float:
        """0..1. ValueError for a vector of another length."""
        said = float(np.concatenate((np.asarray(vector, np.float32), plain(text))) @ self.weights)
        return float(1 / (1 + np.exp(-(said + self.intercept))))


@dataclass(frozen=True, slots=True)
class Crossed:
    """`chances` (n,) are each case's by a model that saw neither it nor its twins; `model` saw all."""

    chances: "NDArray[np.float64]"
    model: Model


def crossed(
    texts: Sequence[str],
    vectors: Sequence[Sequence[float]],
    labels: Sequence[bool],
    clusters: Sequence[str],
    step: Callable[[int], None] = lambda _: None,
) -> Crossed:
    """Learn in folds, then from all. `step` hears how many models are done."""
    rows = np.hstack([np.asarray(vectors, np.float32), np.stack([plain(text) for text in texts])])
    wanted = np.asarray(labels)
    chances = np.zeros(len(texts))
    folds = learning.folds(texts, [str(label) for label in labels], clusters)
    for done, (learnt, asked) in enumerate(folds, start=1):
        model = _fit(rows[learnt], wanted[learnt])
        for at in asked:
            chances[at] = model.chance(vectors[at], texts[at])
        step(done)
    model = _fit(rows, wanted)
    step(learning.FOLDS + 1)
    return Crossed(chances, model)


def kept(model: Model) -> bytes:
    """Single-precision numbers: the intercept, then the weights."""
    return np.concatenate(([model.intercept], model.weights)).astype("<f4").tobytes()


def read(weights: bytes, length: int) -> Model:
    """The model that `kept` wrote for vectors of `length` numbers. ValueError where it is another's."""
    numbers = np.frombuffer(weights, dtype="<f4").astype(np.float32)
    if len(numbers) != length + PLAIN + 1:
        raise ValueError(f"{len(numbers)} numbers are no weights for vectors of {length}")
    return Model(numbers[1:], float(numbers[0]))


def _fit(rows: "Floats", wanted: "NDArray[np.bool_]") -> Model:
    """One label that never fails is certain."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - in a worker only
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - as above

    if len(set(wanted.tolist())) == 1:
        return Model(np.zeros(rows.shape[1], np.float32), CERTAIN if wanted[0] else -CERTAIN)
    learner = LogisticRegression(C=RECIPE["C"], max_iter=RECIPE["iterations"])
    with threadpool_limits(1):
        learner.fit(rows, wanted)
    return read(
        kept(Model(learner.coef_[0].astype(np.float32), float(learner.intercept_[0]))), rows.shape[1] - PLAIN
    )
