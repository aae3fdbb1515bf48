"""Text as text, its citations as links to their passages."""

import re
from collections.abc import Collection

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

_CITATION = re.compile(r"(\[\d{1,3}\])")


def as_text(text: str, passages: Collection[int] = (), prefix: str = "passage") -> SafeString:
    """`text` with its own lines and spaces."""
    return format_html('<div class="pre">{}</div>', cited(text, passages, prefix))


def cited(text: str, passages: Collection[int] = (), prefix: str = "passage") -> SafeString:
    """`text` escaped; `[2]` a link to its passage, or marked where there is no passage of that number.

    Without any passages nothing is a citation.
    """
    if not passages:
        return escape(text)
    parts = ((_part(part, passages, prefix),) for part in _CITATION.split(text) if part)
    return format_html_join("", "{}", parts)


def _part(part: str, passages: Collection[int], prefix: str) -> SafeString:
    if not _CITATION.fullmatch(part):
        return escape(part)
    number = int(part[1:-1])
    if number in passages:
        return format_html(
            '<a class="cite" href="#{}-{}" aria-label="Passage {}">{}</a>', prefix, number, number, number
        )
    return format_html('<span class="cite cite--none" title="No such passage">{}?</span>', number)
