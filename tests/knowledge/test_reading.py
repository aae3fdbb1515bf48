"""From a file to what it says."""

import pytest

from aiops.core.errors import InvalidInput
from aiops.knowledge.reading import LARGEST, File, Text, read


def of(path, body):
    return read(File(path, body if isinstance(body, bytes) else body.encode()))


def test_a_title_is_the_first_heading():
    assert of("a/returns.md", "# Returns #\n\nCustomers can return it within thirty days.").title == "Returns"


def test_front_matter_says_title_address_and_language():
    body = "---\ntitle: Back\nurl: https://help.example/back\nlanguage: de-CH\n---\nHello you.\n"
    assert of("x.md", body) == Text("Back", "Hello you.\n", "https://help.example/back", "de")


def test_without_either_the_name_is_the_title():
    found = of("gift-cards_new.txt", "Gift cards cannot be returned at all.")
    assert (found.title, found.language, found.markdown) == ("gift cards new", "en", False)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("商品はお届けから30日以内であれば返品できます。", "ja"),
        ("商品可以在三十天内退货。", "zh"),
        ("상품은 30일 이내에 반품할 수 있습니다.", "ko"),
        ("คืนสินค้าได้ภายใน 30 วัน", "th"),
        ("Die Ware kann innerhalb von dreißig Tagen zurückgegeben werden.", "de"),
        ("12 / 34", ""),
    ],
)
def test_the_language_is_told(text, language):
    assert of("a.md", text).language == language


def test_line_ends_and_byte_order_mark_go():
    assert of("a.txt", b"\xef\xbb\xbfone two\r\nthree\r").text == "one two\nthree\n"


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("a.md", b"ab\xff", "not UTF-8 from byte 2"),
        ("a.md", b"a\x00b", "character 2 is a control character"),
        ("a.md", b" \n", "no text"),
        ("a.exe", b"x", "no reader"),
        ("a.md", b"x" * (LARGEST + 1), "more than 20 MB"),
        ("a.md", b"---\nurl: javascript:alert(1)\n---\nx", "no address"),
        ("a.md", b"---\nurl: 'https://['\n---\nx", "no address"),
        ("a.md", b"---\n- a\n---\nx", "no names"),
        ("a.md", b"---\na: [\n---\nx", "no YAML"),
    ],
)
def test_what_cannot_be_read_is_said(path, body, why):
    with pytest.raises(InvalidInput, match=why):
        of(path, body)
