"""What a classifier learns, keeps and never sees."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from aiops.approaches import learning, outcome

TEXTS = [
    "the parcel is late",
    "where is my parcel",
    "I want a refund",
    "refund my money",
    "card lost",
    "lost my card",
]
LABELS = ["delivery", "delivery", "money", "money", "card", "card"]


def test_it_answers_with_how_sure_it_is():
    model = learning.fit(TEXTS, LABELS)
    guesses = model.guess(["a late PARCEL", "refunds"])
    assert [guess.label for guess in guesses] == ["delivery", "money"]
    assert all(1 / 3 < guess.confidence < 1 for guess in guesses)
    assert model.guess([]) == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_is_kept_answers_alike_and_holds_no_pickle(count):
    pairs = [
        (text, label)
        for text, label in zip(TEXTS, LABELS, strict=True)
        if label in sorted(set(LABELS))[:count]
    ]
    model = learning.fit(*map(list, zip(*pairs, strict=True)))
    weights = learning.kept(model)
    again = learning.read(weights, model.labels)
    assert again.guess(TEXTS) == model.guess(TEXTS)
    assert again.coefficients.shape == (count, len(model.terms))
    assert learning.kept(learning.fit(*map(list, zip(*pairs, strict=True)))) == weights, "the same each time"


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_two_labels_are_as_sure_as_the_library_says():
    texts, labels = TEXTS[:4], LABELS[:4]
    words = learning.vectorizer()
    rows = words.fit_transform(texts)
    learner = LogisticRegression(
        C=learning.RECIPE["C"], max_iter=learning.RECIPE["iterations"], tol=1e-5
    ).fit(rows, labels)
    expected = learner.predict_proba(words.transform(["parcel refund"]))[0]
    guess = learning.fit(texts, labels).guess(["parcel refund"])[0]
    assert guess.confidence == pytest.approx(max(expected), abs=1e-4)
    assert guess.label == learner.classes_[expected.argmax()]


def test_archives_with_objects_are_refused(tmp_path):
    path = tmp_path / "evil.npz"
    np.savez(path, terms=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        learning.read(path.read_bytes(), ["a"])


def test_texts_and_clusters_stay_together_over_several_steps():
    texts = ["a", "b", "B", " b ", "c", "ｃ"]
    clusters = ["1", "1", "", "2", "2", ""]
    groups = learning.together(texts, clusters)
    assert groups[0] == groups[1] == groups[3] == groups[4] == groups[5]
    assert groups[2] != groups[1], "large and small letters are read by the model, not by this"


def test_each_case_is_asked_once_and_never_of_a_model_that_saw_its_twin():
    texts = [f"{label} {n // 2}" for label in ("parcel", "refund") for n in range(20)]
    labels = [text.split()[0] for text in texts]
    clusters = ["" if n % 3 else str(n % 7) for n in range(40)]
    groups = learning.together(texts, clusters)
    asked = []
    for learnt, rest in learning.folds(texts, labels, clusters):
        assert not {groups[place] for place in learnt} & {groups[place] for place in rest}
        asked += rest
    assert sorted(asked) == list(range(40))


def test_the_report_has_the_weakest_first_and_wilsons_interval():
    asked = (
        [outcome.Asked("a", "a", "x")] * 8
        + [outcome.Asked("a", "b", "x")] * 2
        + [outcome.Asked("b", "b", "")]
    )
    report = outcome.report(asked)
    assert [share["name"] for share in report["labels"]] == ["a", "b"]
    assert report["labels"][0] == {
        "name": "a", "n": 10, "right": 8, "mid": 0.8,
        "low": pytest.approx(0.4902, abs=1e-4), "high": pytest.approx(0.9433, abs=1e-4),
    }  # fmt: skip  # pairs, read as a table
    assert [share["name"] for share in report["categories"]] == ["x", "(none)"]
    assert report["confusions"] == [{"expected": "a", "predicted": "b", "n": 2}]
    assert json.loads(json.dumps(report)) == report


def test_no_page_waits_for_the_library():
    """It takes a second to load: modules load it where they use it."""
    source = Path(learning.__file__).read_text(encoding="utf-8")
    assert not [line for line in source.splitlines() if line.startswith(("import sklearn", "from sklearn"))]
