"""What models wrote, shown as what it is, and never as markup of theirs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.core.shown import LONGEST, Kind, as_markdown, as_text, kind_of, show
from aiops.core.shown.sql import as_sql
from aiops.core.shown.trees import MOST, as_tree

ELEMENTS = {
    *("p", "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "em", "strong", "s"),
    *("br", "hr", "code", "pre", "a", "span", "div", "b", "i", "details", "summary", "small"),
}
OUT = 'rel="noopener noreferrer nofollow" target="_blank"'
NOTE, END = '<span class="note">', "</span></p>"
ATTRIBUTES = {"class", "href", "rel", "target", "start", "aria-label", "title", "open"}


def inner(html):
    return re.sub(r'^<div class="(?:md|pre|tree)">(.*)</div>$', r"\1", str(html), flags=re.DOTALL)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"a": 1}', "json"),
        ('```json\n["a"]\n```', "json"),
        ("[1] says so.", "text"),
        ("{not json", "text"),
        ("SELECT id FROM orders", "sql"),
        ("with t as (select 1) select * from t", "sql"),
        ("```sql\nSELECT 1\n```", "sql"),
        ("Select a size from the list.", "text"),
        ("SELECT id FROM orders\n\nThis is what you asked for.", "text"),
        ("# Head\nText", "markdown"),
        ("It is **late**.", "markdown"),
        ("- one\n- two", "markdown"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "markdown"),
        ("Two lines\nof text, 3 * 4 * 5.", "text"),
        ("42", "text"),
        ("", "text"),
        ("[" * 100_000, "text"),
    ],
)
def test_the_kind_is_told_from_the_looks(text, kind):
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** and *b*", "<p><strong>a</strong> and <em>b</em></p>"),
        ("a\nb", "<p>a<br>b</p>"),
        ("## Head", '<p class="md__head">Head</p>'),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. a", '<ol start="3"><li>a</li></ol>'),
        ("`<i>`", "<p><code>&lt;i&gt;</code></p>"),
        ("```html\n<b>\n```", '<pre class="mono"><code>&lt;b&gt;\n</code></pre>'),
        ("a\n\n---", "<p>a</p><hr>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        (
            "![x](https://evil.example/p.gif)",
            '<p><span class="note">[image: x https://evil.example/p.gif]</span></p>',
        ),
        (
            "[bank](https://evil.example/a)",
            f'<p><a class="link" href="https://evil.example/a" {OUT}>bank</a> {NOTE}(evil.example){END}',
        ),
        ("[x](/accounts/sign-out/)", '<p>x <span class="note">(/accounts/sign-out/)</span></p>'),
        ("[x](javascript:alert%281%29)", "<p>[x](javascript:alert%281%29)</p>"),
        (
            "[x](mailto:a@b.example)",
            f'<p><a class="link" href="mailto:a@b.example" {OUT}>x</a> {NOTE}(mailto:a@b.example)</span></p>',
        ),
        (
            "<https://a.example/b>",
            f'<p><a class="link" href="https://a.example/b" {OUT}>https://a.example/b</a></p>',
        ),
    ],
)
def test_markdown_becomes_our_elements_alone(text, html):
    assert inner(as_markdown(text)) == html


def test_a_table_is_a_table():
    html = inner(as_markdown("| a |\n|---|\n| 1 |"))
    assert html == "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>"


@pytest.mark.parametrize("render", [as_markdown, as_text])
def test_citations_lead_to_their_passages_and_others_are_marked(render):
    html = str(render("Yes [1], no [7].", [1, 2]))
    assert '<a class="cite" href="#passage-1" aria-label="Passage 1">1</a>' in html
    assert '<span class="cite cite--none" title="No such passage">7?</span>' in html


def test_a_definition_in_the_text_makes_no_link_of_a_citation():
    html = str(as_markdown("Yes [1].\n\n[1]: https://evil.example", [1]))
    assert 'href="https://evil.example"' not in html.replace("nofollow", "")
    assert 'href="#passage-1"' in html


def test_without_passages_nothing_is_a_citation():
    assert inner(as_text("a [1]")) == "a [1]"


def test_deep_nesting_is_shown_all_the_same():
    assert show(">" * 5000 + " deep").kind == Kind.MARKDOWN
    assert show("- " * 3000).html


def test_a_very_long_output_is_text():
    assert show("# Head\n" + "a" * LONGEST).kind == Kind.TEXT


def test_json_becomes_a_tree():
    html = show('{"a": {"b": [1, true, null]}, "c": "<i>", "d": {}, "e": "", "f": [[]]}')
    assert html.kind == Kind.JSON
    assert "<b>c</b> <span" in html.html
    assert "&lt;i&gt;" in html.html
    for said in ("1 field", "3 entries", ">true<", ">null<", ">{}<", ">[]<", "(empty)", "1 entry"):
        assert said in html.html


def test_a_tree_stops_where_nobody_reads_on():
    assert "5 more" in as_tree(list(range(MOST + 5)))
    deep: object = 1
    for _ in range(40):
        deep = [deep]
    assert "…" in as_tree(deep)


def test_sql_is_shown_as_written():
    html = show("SELECT 'a''b' -- why\nFROM t WHERE n > 1.5").html
    assert (
        '<span class="sql__word">SELECT</span> <span class="sql__text">&#x27;a&#x27;&#x27;b&#x27;</span>'
        in html
    )
    assert '<span class="sql__comment">-- why</span>' in html
    assert '<span class="sql__number">1.5</span>' in html
    assert re.sub(r"<[^>]+>", "", as_sql("select a  <  b")) == "select a  &lt;  b"


PIECES = [
    *"<>\"'&[]()*_`#|\na",
    *("- ", "> ", "![", "](", "1.", "[1]", "<script>", "onerror=", "javascript:", "https://a.example"),
    *("SELECT a FROM b", '{"a":', "}"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_nothing_that_a_model_writes_adds_an_element_or_an_attribute(text):
    html = str(show(text, [1]).html)
    for tag in re.findall(r"<[^>]*>", html):
        name, rest = re.fullmatch(r"</?([a-z]+)(.*?)/?>", tag, re.DOTALL).groups()
        assert name in ELEMENTS
        assert set(re.findall(r'([\w-]+)(?:="[^"]*")?', re.sub(r'"[^"]*"', '""', rest))) <= ATTRIBUTES
        address = re.search(r'href="([^"]*)"', rest)
        assert address is None or address[1].startswith(("#passage-1", "https://", "http://", "mailto:"))
