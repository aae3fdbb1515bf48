"""A JSON value as a tree that opens and closes without scripts."""

from collections.abc import Collection, Iterator
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from aiops.core.shown.plain import cited

MOST = 1000  # values of one object or list
_EMPTY = SafeString('<i class="muted">(empty)</i>')
DEEPEST = 12  # below that a value stands on one line


def as_tree(value: Any, passages: Collection[int] = (), prefix: str = "passage") -> SafeString:
    """`value`: what `json.loads` gives. Texts show their citations."""
    return format_html('<div class="tree">{}</div>', _children(value, passages, prefix, 0))


def _children(value: Any, passages: Collection[int], prefix: str, depth: int) -> SafeString:
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    rows = format_html_join("", "{}", ((row,) for row in _rows(pairs[:MOST], passages, prefix, depth)))
    if len(pairs) <= MOST:
        return format_html("<ul>{}</ul>", rows)
    return format_html('<ul>{}<li class="note">{} more</li></ul>', rows, f"{len(pairs) - MOST:,}")


def _rows(
    pairs: list[tuple[Any, Any]], passages: Collection[int], prefix: str, depth: int
) -> Iterator[SafeString]:
    for key, value in pairs:
        if isinstance(value, dict | list) and value and depth < DEEPEST:
            yield format_html(
                '<li><details open><summary><b>{}</b> <small class="note">{}</small></summary>{}'
                "</details></li>",
                key,
                _size(value),
                _children(value, passages, prefix, depth + 1),
            )
        else:
            yield format_html("<li><b>{}</b> {}</li>", key, _leaf(value, passages, prefix))


def _leaf(value: Any, passages: Collection[int], prefix: str) -> SafeString:
    if isinstance(value, str):
        said = cited(value, passages, prefix) if value else _EMPTY
        return format_html('<span class="pre">{}</span>', said)
    if isinstance(value, dict | list):
        return format_html('<span class="tree__value">{}</span>', "…" if value else _size(value))
    word = {None: "null", True: "true", False: "false"}.get(value) if not _number(value) else str(value)
    return format_html('<span class="tree__value">{}</span>', word)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _size(value: Any) -> str:
    if isinstance(value, dict):
        return "{}" if not value else f"{len(value)} field{'' if len(value) == 1 else 's'}"
    return "[]" if not value else f"{len(value)} entr{'y' if len(value) == 1 else 'ies'}"
