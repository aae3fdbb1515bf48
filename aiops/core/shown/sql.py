"""SQL as it was written, its words told apart. Nothing is reformatted: a reviewer grades what was sent."""

import re
from collections.abc import Iterator

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

_WORDS = (
    "select from where group order by having limit offset join left right inner outer full cross on using as "
    "and or not in is null like ilike between exists case when then else end union all intersect except with "
    "recursive distinct over partition filter values insert into update set delete returning create drop "
    "alter table view index asc desc interval true false cast lateral"
)
_TOKEN = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<text>'(?:[^']|'')*')|(?P<name>\"[^\"]*\")"
    rf"|(?P<word>\b(?:{'|'.join(_WORDS.split())})\b)|(?P<number>\b\d+(?:\.\d+)?\b)",
    re.IGNORECASE | re.DOTALL,
)


def as_sql(text: str) -> SafeString:
    """Lines and spaces are kept; a long line wraps."""
    return format_html(
        '<pre class="sql mono"><code>{}</code></pre>', format_html_join("", "{}", _parts(text))
    )


def _parts(text: str) -> Iterator[tuple[SafeString]]:
    at = 0
    for found in _TOKEN.finditer(text):
        if found.start() > at:
            yield (escape(text[at : found.start()]),)
        at = found.end()
        yield (format_html('<span class="sql__{}">{}</span>', found.lastgroup, found.group()),)
    if at < len(text):
        yield (escape(text[at:]),)
