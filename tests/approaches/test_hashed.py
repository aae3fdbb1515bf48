import numpy as np
import pytest

from aiops.approaches import hashed
from aiops.approaches.crossing import STEPS, crossed
from aiops.approaches.reading import text_of

PARCELS = [f"my parcel {n} is late again" for n in range(30)]
REFUNDS = [f"please refund {n} euros to me" for n in range(30)]
TEXTS, LABELS = PARCELS + REFUNDS, ["delivery"] * 30 + ["money"] * 30


def fitted(labels, known):
    places = hashed.places_for(len(known))
    return hashed.fit(hashed.table(TEXTS, places), labels, known, places)


def test_a_model_of_one_label_says_how_sure_it_is():
    model = fitted(LABELS, ["money"])
    (refund,), (parcel,) = model.chances("a refund please"), model.chances("where is the late parcel")
    assert refund > 0.5 > parcel


@pytest.mark.parametrize("known", [["delivery", "money"], ["delivery", "money", "never seen"]])
def test_of_several_labels_the_chances_add_up(known):
    chances = fitted(LABELS, known).chances("a refund please")
    assert (known[chances.argmax()], float(chances.sum())) == ("money", pytest.approx(1))


def test_three_labels_are_told_apart():
    labels = ["a"] * 20 + ["b"] * 20 + ["c"] * 20
    assert fitted(labels, ["a", "b", "c"]).chances(TEXTS[0]).argmax() == 0


@pytest.mark.parametrize(("labels", "sure"), [(["small"] * 60, 1.0), (["large"] * 60, 0.0)])
def test_what_never_differs_is_certain(labels, sure):
    assert fitted(labels, ["small"]).chances("anything")[0] == pytest.approx(sure, abs=1e-6)


def test_the_kept_numbers_answer_alike():
    model = fitted(LABELS, ["delivery", "money"])
    again = hashed.read(hashed.kept(model), 2)
    assert again.chances("refund").tolist() == model.chances("refund").tolist()


def test_numbers_of_another_model_are_refused():
    with pytest.raises(ValueError, match="no weights of 1 labels"):
        hashed.read(b"\x00\x00" * 7, 1)


@pytest.mark.parametrize("text", ["", "x", "\ud800", "日本語の質問です", "a" * 10_000, "{'json': [1]}"])
def test_any_text_is_read(text):
    at, values = hashed.grams(text, 1024)
    assert (np.diff(at.astype(int)) > 0).all()
    assert not len(values) or float(values @ values) == pytest.approx(1, abs=1e-4)
    assert hashed.plain(text).shape == (hashed.PLAIN,)
    assert 0 <= hashed.plain(text).min() <= hashed.plain(text).max() <= 1


def test_wide_letters_and_blanks_are_the_same_text():
    one, other = hashed.grams("Ｃａｒｄ   lost", 4096), hashed.grams("card lost", 4096)
    assert (one[0].tolist(), one[1].tolist()) == (other[0].tolist(), other[1].tolist())


def test_many_labels_have_fewer_places():
    assert (hashed.places_for(1), hashed.places_for(77), hashed.places_for(5000)) == (2**14, 2**13, 2**10)


def test_scores_are_of_models_that_saw_neither_the_case_nor_its_twin():
    heard = []
    # Each text stands under both labels: only a model that saw the very case could be sure.
    twins = [text for text in PARCELS for _ in range(2)]
    found = crossed(twins, ["small", "large"] * 30, [""] * 60, ["small"], heard.append)
    assert found.chances.shape == (60, 1)
    assert abs(float(found.chances.mean()) - 0.5) < 0.1
    assert heard == list(range(1, STEPS + 1))


def test_the_text_of_a_call_is_that_of_a_case():
    assert text_of({"b": "two", "a": "one", "locale": "ja"}, ["three"]) == "one\ntwo\nthree"
