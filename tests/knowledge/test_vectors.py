"""Vectors by hashing: scikit-learn's own, damped and of length 1."""

import math

import pytest
from sklearn.feature_extraction.text import HashingVectorizer

from aiops.knowledge.bigrams import parts
from aiops.knowledge.vectors import DIMENSIONS, counts, grams, vector, written

TEXTS = ["Within 30 days of delivery.", "商品はお届けから30日以内", "Gerät zurückgeben", "a", "!?"]


def dot(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("text", TEXTS)
def test_places_and_signs_are_those_of_scikit_learn(text):
    theirs = HashingVectorizer(analyzer=lambda said: list(grams(said)), n_features=DIMENSIONS, norm=None)
    row = theirs.transform([text]).toarray()[0]
    ours = counts(text)
    assert [ours.get(place, 0) for place in range(DIMENSIONS)] == row.tolist()


@pytest.mark.parametrize("text", TEXTS)
def test_a_vector_has_length_one(text):
    assert math.isclose(dot(vector(text), vector(text)), 1)


def test_forms_of_a_word_are_near_and_other_words_are_not():
    assert dot(vector("delivered parcels"), vector("delivery of a parcel")) > 0.3
    assert abs(dot(vector("delivered parcels"), vector("return my shoes"))) < 0.2


def test_grams_are_words_with_their_parts():
    assert list(grams("ab")) == ["ab", " ab", "ab ", " ab "]
    assert list(grams("日本")) == ["日", "本", "日本"]


def test_a_vector_is_written_for_postgres():
    assert written([0.5, -1.0, 0.0]) == "[0.5,-1,0]"


@pytest.mark.parametrize("text", ["Plain ASCII, 30 days!", "a_b-c's", "", "I'm #1", "X\x00Y\x7fZ"])
def test_ascii_is_taken_apart_as_any_other_text(text):
    wide = [*parts(f"{text} \N{EM DASH}")]
    assert [*parts(text)] == wide
