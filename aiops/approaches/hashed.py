"""A linear model over hashed character n-grams and a few plain marks: small enough to travel as numbers.

Learnt by scikit-learn in a worker, asked by numpy alone in a fraction of a millisecond. No vocabulary: an
n-gram's place is a hash of its characters, all of a text's at once, so that what is learnt from and what is
asked are read by the same lines. No Django, no database, no pickles.
"""

import hashlib
import math
import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ints = NDArray[np.uint32]

NGRAMS = (2, 3, 4, 5)
MOST_PLACES = 2**14
LEAST_PLACES = 2**10
MOST_WEIGHTS = 2**20  # places times labels: 2 MB as they are kept
HEAD, TAIL = 1500, 500  # characters of a long text that are read
SCRIPTS = (  # first and last character, rising
    (0x30, 0x39), (0x41, 0x24F), (0x370, 0x3FF), (0x400, 0x52F), (0x590, 0x5FF), (0x600, 0x6FF),
    (0x900, 0xDFF), (0xE00, 0xE7F), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF),
)  # fmt: skip  # rows of a table, one to a line
EDGES = np.array([edge for low, high in SCRIPTS for edge in (low, high + 1)], dtype=np.uint32)
MARKS = ("{", "[", "<", "```", ";", "=", "?", "@", "http")
PLAIN = len(SCRIPTS) + len(MARKS) + 3
RECIPE: dict[str, Any] = {
    "features": "hashed character n-grams, rare ones weigh more; length, digits, lines, scripts, marks",
    "ngrams": list(NGRAMS),
    "model": "logistic regression",
    "C": 0.5,
    "iterations": 60,
}


@dataclass(frozen=True, eq=False)
class Model:
    """`weights` (places + PLAIN, labels). One label: the answer is its chance, else one chance for each."""

    places: int
    weights: "Floats"
    intercept: "Floats"

    def chances(self, text: str) -> "Floats":
        """(labels,) in 0..1; of several labels they add up to 1."""
        at, values = grams(text, self.places)
        said = values @ self.weights[at] + plain(text) @ self.weights[self.places :] + self.intercept
        if len(said) == 1:
            return np.asarray(1 / (1 + np.exp(-said)), dtype=np.float32)
        risen = np.exp(said - said.max())
        return np.asarray(risen / risen.sum(), dtype=np.float32)


def read_text(text: str) -> str:
    """The part of the text that is read, wide letters as narrow ones, all small, blanks as one."""
    short = text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} {text[-TAIL:]}"
    return " ".join(unicodedata.normalize("NFKC", short).lower().split())


def grams(text: str, places: int) -> tuple["Ints", "Floats"]:
    """The places of the text's n-grams, each once and rising, and their values, of length one together."""
    letters = np.frombuffer(f" {read_text(text)} ".encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    found = []
    rolled = letters
    for size in range(2, NGRAMS[-1] + 1):
        if len(letters) < size:
            break
        rolled = rolled[:-1] * np.uint32(0x01000193) ^ letters[size - 1 :]
        found.append(_mixed(rolled + np.uint32((size * 0x9E3779B9) & 0xFFFFFFFF)) & np.uint32(places - 1))
    if not found:
        return np.zeros(0, np.uint32), np.zeros(0, np.float32)
    rows = np.sort(np.concatenate(found).astype(np.uint16), kind="stable")
    first = np.flatnonzero(np.concatenate(([True], rows[1:] != rows[:-1])))
    counts = np.diff(np.append(first, len(rows))).astype(np.float32)
    values = 1 + np.log(counts)
    return rows[first].astype(np.uint32), (values / np.sqrt(values @ values)).astype(np.float32)


def _mixed(value: "Ints") -> "Ints":
    """The end of murmur3: every bit counts for every other."""
    value ^= value >> np.uint32(16)
    value *= np.uint32(0x85EBCA6B)
    value ^= value >> np.uint32(13)
    value *= np.uint32(0xC2B2AE35)
    value ^= value >> np.uint32(16)
    return value


def plain(text: str) -> "Floats":
    """(PLAIN,): how long, which scripts, how many digits and lines, and marks of code and JSON; 0..1 each."""
    cut = text[: HEAD + TAIL]
    letters = np.frombuffer(cut.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    between = np.bincount(EDGES.searchsorted(letters, "right"), minlength=len(EDGES) + 1)
    shares = between[1::2] / max(1, len(letters))  # of digits and of each script
    facts = [
        min(1.0, math.log1p(len(text)) / 12),
        min(1.0, cut.count("\n") / 50),
        1.0 if shares[0] else 0.0,
        *(1.0 if mark in cut else 0.0 for mark in MARKS),
    ]
    return np.concatenate((facts, shares)).astype(np.float32)


def places_for(labels: int) -> int:
    """The largest power of two that the weights' bound allows."""
    places = MOST_PLACES
    while places > LEAST_PLACES and places * labels > MOST_WEIGHTS:
        places //= 2
    return places


def table(texts: Sequence[str], places: int) -> Any:
    """A sparse matrix (texts, places + PLAIN)."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - half a second, in a worker only

    rows = [_row(text, places) for text in texts]
    ends = np.cumsum([0, *(len(at) for at, _ in rows)])
    at, values = (np.concatenate(part) for part in zip(*rows, strict=True))
    return csr_matrix((values, at, ends), shape=(len(texts), places + PLAIN))


def _row(text: str, places: int) -> tuple[Any, Any]:
    at, values = grams(text, places)
    simple = plain(text)
    return np.concatenate((at, np.arange(places, places + PLAIN))), np.concatenate((values, simple))


def fit(rows: Any, labels: Sequence[str], known: Sequence[str], places: int) -> Model:
    """A model of `known`, the sorted labels, from `table`'s rows. One label that never fails is certain.

    With `known` of one name, labels other than it are its opposite.
    """
    count = len(known)
    wanted = np.array([label == known[0] for label in labels]) if count == 1 else np.array(labels)
    classes = sorted(set(wanted.tolist()))
    weights = np.zeros((places + PLAIN, count), dtype=np.float32)
    intercept = np.full(count, -20.0, dtype=np.float32)
    if len(classes) == 1:
        place = 0 if count == 1 else list(known).index(classes[0])
        intercept[place] = -20.0 if classes[0] is False else 20.0
        return Model(places, weights, intercept)
    rarity = _rarity(rows)
    learnt, offset = _learnt(rows.multiply(rarity).tocsr(), wanted)
    learnt = learnt * rarity
    if count == 1:
        weights[:, 0], intercept[0] = learnt[0], offset[0]
    else:
        if len(classes) == 2:
            learnt, offset = np.vstack([-learnt, learnt]) / 2, np.array([-1, 1]) * offset / 2
        at = [list(known).index(name) for name in classes]
        weights[:, at], intercept[at] = learnt.T, offset
    return read(kept(Model(places, weights, intercept)), count)


def _rarity(rows: Any) -> Any:
    """(places + PLAIN,): n-grams that few texts have weigh more. Part of the weights that are kept."""
    cases = np.bincount(rows.indices, minlength=rows.shape[1])
    rarity = np.log((1 + rows.shape[0]) / (1 + cases)) + 1
    rarity[-PLAIN:] = 1
    return rarity


def _learnt(rows: Any, wanted: Any) -> tuple[Any, Any]:
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - as above
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - as above
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - as above

    learner = LogisticRegression(C=RECIPE["C"], max_iter=RECIPE["iterations"])
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # its quality is measured out of fold
        learner.fit(rows, wanted)
    return learner.coef_, learner.intercept_


def kept(model: Model) -> bytes:
    """Half-precision numbers: the intercepts, then the weights, row by row."""
    parts = (model.intercept.astype("<f2"), model.weights.astype("<f2"))
    return b"".join(part.tobytes() for part in parts)


def read(weights: bytes, labels: int) -> Model:
    """The model that `kept` wrote. ValueError where the numbers do not fit the labels."""
    numbers = np.frombuffer(weights, dtype="<f2").astype(np.float32)
    intercept, rest = numbers[:labels], numbers[labels:].reshape(-1, labels)
    places = len(rest) - PLAIN
    if places < LEAST_PLACES or places & (places - 1):
        raise ValueError(f"{len(numbers)} numbers are no weights of {labels} labels")
    return Model(places, np.ascontiguousarray(rest), intercept)


def digest(weights: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(weights).hexdigest()
