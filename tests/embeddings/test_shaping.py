"""Vectors are checked before they are kept: one length, one size, within what an index holds."""

import math

import pytest

from aiops.embeddings.shaping import MOST, Unfit, cosine, shaped


def test_vectors_have_the_length_one():
    (vector,) = shaped([[3, 4]], None)
    assert vector == (0.6, 0.8)
    assert cosine(vector, vector) == pytest.approx(1)


def test_a_vector_of_another_length_is_refused_with_what_to_do():
    with pytest.raises(Unfit, match=r"gives 3 numbers where 2 are wanted.*does not shorten"):
        shaped([[1, 2, 3]], 2)


def test_a_longer_vector_is_cut_where_that_was_chosen():
    assert shaped([[3, 4, 12]], 2, cut=True) == [(0.6, 0.8)]
    with pytest.raises(Unfit):
        shaped([[1]], 2, cut=True)


def test_more_numbers_than_an_index_holds_are_refused():
    assert len(shaped([[1.0] * MOST], None)[0]) == MOST
    with pytest.raises(Unfit, match=r"gives 2,001 numbers; an index holds 2,000"):
        shaped([[1.0] * (MOST + 1)], None)


@pytest.mark.parametrize("vector", [[0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0]])
def test_a_vector_without_a_direction_is_refused(vector):
    with pytest.raises(Unfit, match="without a direction"):
        shaped([vector], None)
