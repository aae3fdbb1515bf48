"""Markdown as a tree of our own elements.

markdown-it reads the text; what it makes of it is not used as HTML. Each node becomes one of the elements
below, and its text is escaped here. Raw HTML stays text, images are not fetched, links say where they lead.
"""

import re
from collections.abc import Callable, Collection
from functools import cache

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from aiops.core.shown.plain import as_text, cited

_ELEMENTS = {
    "paragraph": "p", "bullet_list": "ul", "ordered_list": "ol", "list_item": "li",
    "blockquote": "blockquote", "table": "table", "thead": "thead", "tbody": "tbody", "tr": "tr",
    "th": "th", "td": "td", "em": "em", "strong": "strong", "s": "s",
}  # fmt: skip  # short names, packed
_BREAK, _RULE = SafeString("<br>"), SafeString("<hr>")
_HOST = re.compile(r"\w+://([^/?#]*)")
_LINKS = {"http", "https", "mailto"}


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    # A definition elsewhere in the text could make a link of the citation [1].
    return reader.enable(["table", "strikethrough"]).disable(["reference", "html_block", "html_inline"])


def as_markdown(text: str, passages: Collection[int] = (), prefix: str = "passage") -> SafeString:
    """`text` as elements; where it nests too deep to be read as Markdown, as text."""
    try:
        tree = SyntaxTreeNode(_reader().parse(text))
        return format_html('<div class="md">{}</div>', _Page(passages, prefix).inside(tree))
    except RecursionError:
        return as_text(text, passages, prefix)


class _Page:
    """Makes elements of nodes; knows which passages there are."""

    def __init__(self, passages: Collection[int], prefix: str) -> None:
        self.passages, self.prefix = passages, prefix
        self.special: dict[str, Callable[[SyntaxTreeNode], SafeString]] = {
            "text": lambda node: cited(node.content, self.passages, self.prefix),
            "softbreak": lambda _: _BREAK,  # models break lines on purpose
            "hardbreak": lambda _: _BREAK,
            "hr": lambda _: _RULE,
            "heading": lambda node: format_html('<p class="md__head">{}</p>', self.inside(node)),
            "code_inline": lambda node: format_html("<code>{}</code>", node.content),
            "fence": self.code,
            "code_block": self.code,
            "link": self.link,
            "image": self.image,
            "ordered_list": self.numbered,
        }

    def inside(self, node: SyntaxTreeNode) -> SafeString:
        return format_html_join("", "{}", ((self.element(child),) for child in node.children))

    def element(self, node: SyntaxTreeNode) -> SafeString:
        if make := self.special.get(node.type):
            return make(node)
        if node.type == "inline" or node.hidden:
            return self.inside(node)
        if name := _ELEMENTS.get(node.type):
            return format_html("<{}>{}</{}>", name, self.inside(node), name)
        return escape(node.content)  # whatever it is, it stays text

    def code(self, node: SyntaxTreeNode) -> SafeString:
        return format_html('<pre class="mono"><code>{}</code></pre>', node.content)

    def numbered(self, node: SyntaxTreeNode) -> SafeString:
        first = node.attrs.get("start", 1)
        return format_html('<ol start="{}">{}</ol>', first, self.inside(node))

    def link(self, node: SyntaxTreeNode) -> SafeString:
        """Its words, and in plain sight where it leads; no link at all to what is no address of the web."""
        address = str(node.attrs.get("href", ""))
        words = self.inside(node)
        if address.partition(":")[0].lower() not in _LINKS:
            return format_html('{} <span class="note">({})</span>', words, address)
        if node.info == "auto":
            return _out(address, words)
        where = _HOST.match(address)
        return format_html(
            '{} <span class="note">({})</span>', _out(address, words), where[1] if where else address
        )

    def image(self, node: SyntaxTreeNode) -> SafeString:
        return format_html(
            '<span class="note">[image: {} {}]</span>', node.content, node.attrs.get("src", "")
        )


def _out(address: str, words: SafeString) -> SafeString:
    return format_html(
        '<a class="link" href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>', address, words
    )
