import pytest

from aiops.datasets.words import MAX_WORD, lexemes, query, vector


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is my ORDER-17?", {"where", "is", "my", "order", "17"}),
        ("Café crème", {"cafe", "creme"}),
        ("Straße", {"strasse"}),
        ("水漏れ", {"水漏", "漏れ", "れ"}),
        ("ガ", {"ガ"}),
        ("ﾊﾞｽ", {"バス", "ス"}),
        ("أَهْلًا وسهلا", {"اهلا", "وسهلا"}),
        ("iPhone15を買う", {"iphone15", "を買", "買う", "う"}),
        ("", set()),
        ("'; --", set()),
    ],
)
def test_lexemes(text, expected):
    assert lexemes([text]) == expected


def test_long_words_come_in_pieces_and_are_found():
    assert lexemes(["x" * 150]) == {"x" * MAX_WORD, "x" * 30}
    assert lexemes(["é" * 61]) == {"e" * 60, "e"}


def test_query_asks_for_every_word_or_its_beginning():
    assert query("Refund cards") == "'refund':* & 'cards':*"
    assert query("水漏れ") == "'水漏':* & '漏れ':*"
    assert query("水") == "'水':*"
    assert query("?!") == ""


def test_vector_is_text_that_postgres_reads():
    assert vector(["a", "b"]) == "'a' 'b'"
