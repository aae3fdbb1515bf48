"""Questions in memory: the nearest of all, only what lives, and no more bytes than may be."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.gateway.semantic import shelves
from aiops.gateway.semantic.embedding import DIMENSIONS, embed, written
from aiops.gateway.semantic.shelves import Entry, Shelf, Shelves
from aiops.knowledge.vectors import vector

WORDS = st.lists(
    st.sampled_from(["how", "do", "i", "open", "close", "my", "card", "door", "in", "Rome", "5", "12"])
)
QUESTIONS = st.lists(WORDS.map(" ".join).filter(bool), min_size=1, max_size=40, unique=True)
NOW, LATER = 1_000.0, 2_000.0


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(shelves, "BLOCK", 16)
    monkeypatch.setattr(shelves, "FIRST", 2)


def entry(question, expires=LATER):
    return Entry(hashlib.sha256(question.encode()).digest(), expires, question)


def dense(question):
    return np.array(vector(question), np.float32)


def shelf_of(questions):
    shelf = Shelf()
    for question in questions:
        shelf.add(entry(question), embed(question))
    return shelf


def filled(questions):
    shelf = Shelf()
    for at in range(0, len(questions), 7):
        part = questions[at : at + 7]
        shelf.fill([entry(one) for one in part], np.array([dense(one) for one in part]))
    return shelf


def found(shelf, question, least=0.0, most=3, now=NOW):
    return [one.question for one in shelf.search(embed(question), least, most, now)]


@pytest.mark.parametrize("text", ["", "!?", "How do I open it?", "aaaa" * 400, "商品はお届けから30日以内"])
def test_a_question_has_the_vector_that_documents_have(text):
    sparse = embed(text)
    whole = np.zeros(DIMENSIONS)
    whole[sparse.places] = sparse.values
    assert np.abs(whole - np.array(vector(text))).max() < 1e-6
    assert np.all(sparse.values != 0)


def test_a_vector_is_written_for_postgres():
    assert written(embed("")) == "{1:1}/512"


@settings(max_examples=50, deadline=None, derandomize=True)
@given(QUESTIONS, WORDS.map(" ".join), st.sampled_from([shelf_of, filled]))
def test_the_nearest_of_all_is_found(questions, wanted, make):
    shelf = make(questions)
    exact = {one: float(dense(one) @ dense(wanted)) for one in questions}
    near = list(shelf.search(embed(wanted), 0.3, 3, NOW))
    best = sorted((like for like in exact.values() if like >= 0.302), reverse=True)[:3]
    assert len(near) >= len(best)
    assert all(abs(one.likeness - exact[one.question]) < 2e-3 for one in near)
    assert all(near[at].likeness >= best[at] - 4e-3 for at in range(len(best)))
    assert all(one.key == entry(one.question).key for one in near)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(QUESTIONS, st.data())
def test_what_is_forgotten_or_expired_is_not_found_before_and_after_tidying(questions, data):
    gone = data.draw(st.lists(st.sampled_from(questions), unique=True))
    old = data.draw(st.lists(st.sampled_from(questions), unique=True))
    shelf = Shelf()
    for one in questions:
        shelf.add(entry(one, NOW - 1 if one in old else LATER), embed(one))
    shelf.forget(shelves._marks(entry(one).key for one in gone))
    alive = {*questions} - {*gone, *old}
    for now_shelf in (shelf, shelf.tidied(NOW)):
        everything = {one for asked in questions for one in found(now_shelf, asked, -1.0, 100)}
        assert everything == alive
    again = shelf.tidied(NOW)
    for one in questions:
        again.add(entry(one), embed(one))
    assert {*found(again, questions[0], -1.0, 100)} == {*questions}


def test_a_question_that_is_kept_again_lives_longer():
    shelf = shelf_of(["a card", "a door"])
    shelf.add(entry("a card", 3_000.0), embed("a card"))
    shelf.fill([entry("a door", 3_000.0)], dense("a door")[None])
    assert len(shelf) == 2
    assert found(shelf, "a card", now=LATER) == ["a card", "a door"]


def test_an_empty_shelf_has_nothing():
    assert found(Shelf(), "a card") == []


def test_where_many_are_alike_the_expired_do_not_hide_the_others():
    shelf = Shelf()
    for number in range(20):
        shelf.add(entry(f"a card {number}", NOW - 1), embed("a card"))
    shelf.add(entry("a card"), embed("a card"))
    assert found(shelf, "a card") == ["a card"]


def test_shelves_leave_when_there_are_too_many_bytes():
    held = Shelves(most=30_000)
    for name in (b"a", b"b", b"c"):
        for number in range(10):
            held.add(name, entry(f"lost {number}"), embed("it is not here yet"))
        shelf = held.begin(name)
        for number in range(16):
            shelf.add(entry(f"a card {number}"), embed(f"a card {number}"))
        held.finish(name)
        held.get(b"a")
    assert [name in held for name in (b"a", b"b", b"c")] == [True, False, True]
    assert (len(held), held.questions, held.nbytes < 30_000, held.full) == (2, 32, True, False)
    held.drop(b"c")
    held.tidy(NOW, lambda name: name == b"a")
    assert len(held) == 0


def test_a_shelf_is_not_searched_while_it_is_filled_and_takes_what_is_new():
    held = Shelves(most=10**6)
    shelf = held.begin(b"a")
    held.add(b"a", entry("a door"), embed("a door"))
    assert (held.get(b"a"), b"a" in held) == (None, True)
    held.forget([entry("a card").key])
    held.fill(b"a", [entry("a card")], dense("a card")[None])
    held.fill(b"b", [entry("a card")], dense("a card")[None])
    held.finish(b"a")
    assert held.get(b"a") is shelf
    assert found(shelf, "a card", -1.0) == ["a door"]
    held.forget([entry("a door").key])
    assert found(shelf, "a card", -1.0) == []
