"""Texts without spaces as pairs of characters."""

from aiops.knowledge.bigrams import asked, terms, vector


def test_japanese_becomes_pairs_and_other_words_stay_whole():
    assert terms("返品は30日以内ABC") == ["返品", "品は", "30", "日以", "以内", "abc"]


def test_wide_letters_are_the_narrow_ones():
    assert terms("ＡＢＣ１２ ｶﾀ") == ["abc12", "カタ"]


def test_a_run_of_one_stays_one():
    assert terms("靴") == ["靴"]


def test_korean_is_paired_inside_its_words():
    assert terms("반품 기간") == ["반품", "기간"]


def test_thai_vowels_stay_with_their_consonants():
    assert terms("กินดี") == ["กิน", "นดี"]


def test_a_vector_has_places_and_weights_and_single_han():
    written = vector([("返品", "A"), ("a", "D")])
    assert set(written.split(" ")) == {"'返品':1A", "'返':1A", "'品':1A", "'a':2D"}


def test_a_query_leaves_grammar_out():
    assert asked("返品できますか", 9) == ["返品", "品で"]


def test_a_query_of_grammar_alone_is_asked():
    assert asked("それは", 9) == ["それ", "れは"]


def test_a_query_is_bounded_and_asks_each_pair_once():
    assert asked("返品返品返品", 2) == ["返品", "品返"]


def test_nothing_asks_nothing():
    assert asked("!?", 9) == []
