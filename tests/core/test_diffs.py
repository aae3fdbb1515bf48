from aiops.core import diffs
from aiops.core.diffs import Line, Span


def test_equal_texts_have_only_equal_lines():
    assert diffs.lines("a\nb", "a\nb") == [
        Line("same", (Span("a"),), 1, 1),
        Line("same", (Span("b"),), 2, 2),
    ]


def test_a_changed_word_is_marked_within_its_line():
    removed, added = diffs.lines("Keep every date.", "Keep every amount.")
    assert removed == Line("del", (Span("Keep every "), Span("date", changed=True), Span(".")), before=1)
    assert added == Line("ins", (Span("Keep every "), Span("amount", changed=True), Span(".")), after=1)


def test_lines_that_share_nothing_are_not_marked_word_by_word():
    removed, added = diffs.lines("abcdefghij", "zyxwvutsrq")
    assert removed.spans == (Span("abcdefghij"),)
    assert added.spans == (Span("zyxwvutsrq"),)


def test_japanese_is_compared_sign_by_sign():
    removed, added = diffs.words("返金を求めています", "返金を待っています")
    assert Span("求め", changed=True) in removed
    assert Span("待っ", changed=True) in added


def test_an_added_line_stands_alone():
    assert diffs.lines("a", "a\nb") == [Line("same", (Span("a"),), 1, 1), Line("ins", (Span("b"),), after=2)]


def test_context_folds_long_equal_stretches():
    before = "\n".join(str(n) for n in range(20))
    folded = diffs.lines(before, before + "\nnew", context=2)
    assert [line.kind for line in folded] == ["gap", "same", "same", "ins"]
    assert folded[0].skipped == 18


def test_one_equal_line_is_shown_and_not_called_a_gap():
    folded = diffs.lines("a\nb\nc", "x\nb\ny", context=0)
    assert "gap" not in {line.kind for line in folded}


def test_pairs_put_removed_beside_added():
    rows = diffs.pairs(diffs.lines("a\nold", "a\nnew\nmore"))
    assert [(left and left.kind, right and right.kind) for left, right in rows] == [
        ("same", "same"),
        ("del", "ins"),
        (None, "ins"),
    ]
