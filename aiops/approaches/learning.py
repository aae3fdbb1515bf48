"""A linear classifier over character n-grams: fit, ask, keep without pickles. No Django, no database.

Parts of words beat words here (0.87 to 0.81 on Banking77), and they need no idea of where words end. What
scikit-learn needs a second to load is loaded where it is used: the console's pages do without it.
"""

import io
import json
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS = 5
SEED = 7
RECIPE: dict[str, Any] = {
    "features": "TF-IDF of character n-grams in word bounds",
    "ngrams": [2, 5],
    "model": "multinomial logistic regression",
    "C": 20.0,
    "iterations": 15,  # at most; more win nothing on Banking77. By tolerance alone many labels stop at none
    "folds": FOLDS,
    "seed": SEED,
}
MAX_FEATURES = 100_000
MAX_WEIGHTS = 8_000_000  # features times labels: 32 MB


@dataclass(frozen=True, slots=True)
class Guess:
    """The label and how sure the model is, in 0..1."""

    label: str
    confidence: float


@dataclass(frozen=True, eq=False)
class Model:
    """What was learnt. `coefficients` are labels x terms, rounded as `kept` writes them."""

    labels: tuple[str, ...]
    terms: tuple[str, ...]
    idf: "NDArray[np.float64]"
    coefficients: "NDArray[np.float64]"
    intercept: "NDArray[np.float64]"

    def guess(self, texts: Sequence[str]) -> list[Guess]:
        """One for each text."""
        from scipy.special import softmax  # noqa: PLC0415 - where it is used (module's docstring)

        if not texts:
            return []
        rows = self._vectorizer().transform([folded(text) for text in texts])
        chances = softmax(rows @ self.coefficients.T + self.intercept, axis=1)
        best = chances.argmax(axis=1)
        return [Guess(self.labels[at], float(row[at])) for at, row in zip(best, chances, strict=True)]

    def _vectorizer(self) -> Any:
        known = self.__dict__.get("_known")
        if known is None:
            known = vectorizer(vocabulary={term: place for place, term in enumerate(self.terms)})
            known.idf_ = self.idf
            self.__dict__["_known"] = known  # made once: the values of the model stay as they are
        return known


def vectorizer(**options: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - where it is used (above)

    return TfidfVectorizer(
        analyzer="char_wb", ngram_range=tuple(RECIPE["ngrams"]), sublinear_tf=True, **options
    )


def folded(text: str) -> str:
    """The text as it is read: wide and narrow letters are the same, and so are two that differ in blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def fit(texts: Sequence[str], labels: Sequence[str]) -> Model:
    """A model of `labels` for `texts`, at least one of which has a word. Half a second to a minute."""
    known = sorted(set(labels))
    words = vectorizer(max_features=max(1_000, min(MAX_FEATURES, MAX_WEIGHTS // len(known))))
    rows = words.fit_transform([folded(text) for text in texts])
    coefficients, intercept = _weights(rows, labels, len(known))
    return Model(
        labels=tuple(known),
        terms=tuple(str(term) for term in words.get_feature_names_out()),
        idf=_rounded(words.idf_),
        coefficients=_rounded(coefficients),
        intercept=_rounded(intercept),
    )


def _rounded(values: Any) -> Any:
    return values.astype(np.float32).astype(float)


def _weights(rows: Any, labels: Sequence[str], known: int) -> tuple[Any, Any]:
    """A row for each label; two labels make one row in the library, one makes none."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - where it is used (above)
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - where it is used (above)
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - where it is used (above)

    if known == 1:
        return np.zeros((1, rows.shape[1])), np.zeros(1)
    learner = LogisticRegression(C=RECIPE["C"], max_iter=RECIPE["iterations"], tol=1e-5)
    with threadpool_limits(1), warnings.catch_warnings():  # two threads spin for each other on a busy host
        warnings.simplefilter("ignore", ConvergenceWarning)  # its quality is measured out of fold
        learner.fit(rows, list(labels))
    if known == 2:
        return np.vstack([-learner.coef_, learner.coef_]) / 2, np.array([-1, 1]) * learner.intercept_ / 2
    return learner.coef_, learner.intercept_


def folds(
    texts: Sequence[str], labels: Sequence[str], clusters: Sequence[str]
) -> Iterator[tuple[list[int], list[int]]]:
    """(learnt from, asked) places for each fold; each case is asked once.

    Cases with the same text, or the same cluster ("": none), stay together, so that none is asked of a model
    that saw its twin. Labels are spread as evenly as that allows.
    """
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415 - where it is used (above)

    split = StratifiedGroupKFold(n_splits=FOLDS, shuffle=True, random_state=SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a label with few cases is shown with its few
        for learnt, asked in split.split(list(texts), list(labels), together(texts, clusters)):
            yield [int(place) for place in learnt], [int(place) for place in asked]


def together(texts: Sequence[str], clusters: Sequence[str]) -> list[int]:
    """The group of each case: those that share a text or a cluster, directly or through others."""
    from scipy.sparse import coo_matrix  # noqa: PLC0415 - where it is used (above)
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 - where it is used (above)

    places: dict[tuple[str, str], int] = {}
    edges: list[tuple[int, int]] = []
    for case, (text, cluster) in enumerate(zip(texts, clusters, strict=True)):
        marks = [("text", folded(text)), *([("cluster", cluster)] if cluster else [])]
        edges += [(case, len(texts) + places.setdefault(mark, len(places))) for mark in marks]
    size = len(texts) + len(places)
    starts, ends = zip(*edges, strict=True)
    graph = coo_matrix((np.ones(len(edges)), (starts, ends)), shape=(size, size))
    _, found = connected_components(graph, directed=False)
    return [int(group) for group in found[: len(texts)]]


def kept(model: Model) -> bytes:
    """The weights as a numpy archive; the labels stand beside it."""
    file = io.BytesIO()
    terms = np.frombuffer(json.dumps(model.terms, ensure_ascii=False).encode(), dtype=np.uint8)
    np.savez_compressed(
        file,
        terms=terms,
        idf=model.idf.astype(np.float32),
        coefficients=model.coefficients.astype(np.float32),
        intercept=model.intercept.astype(np.float32),
    )
    return file.getvalue()


def read(weights: bytes, labels: Sequence[str]) -> Model:
    """The model that `kept` wrote; nothing in it is ever run."""
    with np.load(io.BytesIO(weights), allow_pickle=False) as file:
        return Model(
            labels=tuple(labels),
            terms=tuple(json.loads(file["terms"].tobytes().decode())),
            idf=file["idf"].astype(float),
            coefficients=file["coefficients"].astype(float),
            intercept=file["intercept"].astype(float),
        )
