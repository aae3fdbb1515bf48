"""Long and repetitive texts are compared in bounded time, with a rougher answer where it must be."""

import random

import pytest

from aiops.core import diffs

DRAW = random.Random(20261123)


def few_words(count: int) -> str:
    return " ".join(DRAW.choice(["alpha", "beta", "gamma"]) for _ in range(count))


def few_lines(count: int) -> str:
    return "\n".join(DRAW.choice("abc") for _ in range(count))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (few_words(30_000), few_words(30_000)),
        (few_lines(20_000), few_lines(20_000)),
        ("\n".join(map(str, range(9_000))), "\n".join(str(i * 7 % 9_000) for i in range(9_000))),
        (few_words(2_000), few_words(2_000)),
    ],
)
def test_hostile_texts_are_compared_and_nothing_is_lost(before, after):
    found = diffs.lines(before, after)
    assert "\n".join("".join(s.text for s in line.spans) for line in found if line.kind != "ins") == before
    assert "\n".join("".join(s.text for s in line.spans) for line in found if line.kind != "del") == after


def test_one_changed_word_of_a_long_text_is_found():
    before = [f"word{i % 50}" for i in range(20_000)]
    after = [*before[:9_000], "other", *before[9_001:]]
    removed, added = diffs.words(" ".join(before), " ".join(after))
    assert [span.text for span in removed if span.changed] == ["word0"]
    assert [span.text for span in added if span.changed] == ["other"]


def test_japanese_is_compared_sign_by_sign():
    removed, added = diffs.words("返金してください。", "返品してください。")
    assert [span.text for span in removed if span.changed] == ["金"]
    assert [span.text for span in added if span.changed] == ["品"]
