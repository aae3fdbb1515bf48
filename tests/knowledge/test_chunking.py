"""Pieces are stretches of the text: whole sentences under their headings."""

import regex
from hypothesis import given
from hypothesis import strategies as st

from aiops.knowledge.chunking import Piece, pieces

GUIDE = """# Returns

## How long

Within 30 days. It must be clean.

## What cannot

- filters
- gift cards

```
# no heading
```
"""


def said(text, **options):
    return [text[piece.begins : piece.ends] for piece in pieces(text, **options)]


def test_a_section_is_a_piece_under_its_headings():
    found = pieces(GUIDE)
    assert [piece.headings for piece in found] == [("Returns", "How long"), ("Returns", "What cannot")]
    assert said(GUIDE) == [
        "Within 30 days. It must be clean.",
        "- filters\n- gift cards\n\n```\n# no heading\n```",
    ]


def test_a_heading_ends_those_below_it():
    text = "# A\n### C\none\n## B\ntwo\n# D\nthree\n"
    assert [piece.headings for piece in pieces(text)] == [("A", "C"), ("A", "B"), ("D",)]


def test_a_plain_text_has_no_headings():
    assert pieces("# one\ntwo", markdown=False) == [Piece((), 0, 9)]


def test_a_long_section_is_cut_between_sentences_and_repeats_the_last_one():
    text = "One is here. Two is here. Three is here."
    assert said(text, size=30) == ["One is here. Two is here.", "Two is here. Three is here."]


def test_a_new_paragraph_repeats_nothing():
    text = "One is here. Two is here.\n\nThree is here."
    assert said(text, size=30) == ["One is here. Two is here.", "Three is here."]


def test_japanese_sentences_need_no_space():
    assert said("返品できます。清潔に。箱も。", size=10) == ["返品できます。", "清潔に。箱も。"]


def test_a_sentence_that_is_too_long_is_cut_at_a_space():
    assert said("alpha beta gamma delta", size=12) == ["alpha beta", "gamma delta"]


def test_no_grapheme_is_cut():
    family = "👨‍👩‍👧‍👦"
    assert said(family * 3, size=8) == [family] * 3
    assert said(family, size=3) == [family]


def test_nothing_has_no_pieces():
    assert pieces("") == pieces(" \n\n ") == pieces("# Only a heading\n") == []


PARTS = ["a", "b ", ". ", "\n", "\n\n", "# ", "é", "e\u0301", "日", "。", "👩‍👧", "- "]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=60).map("".join)


@given(TEXTS, st.integers(2, 20))
def test_pieces_cover_the_text_in_order_and_are_small_enough(text, size):
    found = pieces(text, size=size)
    covered = set()
    for piece in found:
        assert text[piece.begins : piece.ends] == text[piece.begins : piece.ends].strip() != ""
        assert (
            piece.ends - piece.begins <= size
            or len(regex.findall(r"\X", text[piece.begins : piece.ends])) == 1
        )
        covered |= set(range(piece.begins, piece.ends))
    assert [piece.begins for piece in found] == sorted(piece.begins for piece in found)
    headed = pieces(text, size=size, markdown=False)
    left = set(range(len(text))) - {at for piece in headed for at in range(piece.begins, piece.ends)}
    assert "".join(text[at] for at in sorted(left)).strip() == ""
