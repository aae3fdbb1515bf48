"""What a model wrote, shown as what it is: a JSON tree, SQL, Markdown or plain text.

Everything in it is hostile. Each piece of text goes through `format_html`, which escapes it; the elements
around it are ours, from a short list. Nothing that a library made of the text is trusted.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.safestring import SafeString

from aiops.core.shown.kinds import Kind, kind_of, parsed
from aiops.core.shown.markdown import as_markdown
from aiops.core.shown.plain import as_text
from aiops.core.shown.sql import as_sql
from aiops.core.shown.trees import as_tree
from aiops.core.texts.answers import unfenced

__all__ = ["Kind", "Shown", "as_markdown", "as_text", "kind_of", "show"]

LONGEST = 50_000  # characters: beyond that it is shown as text, whatever it is


@dataclass(frozen=True, slots=True)
class Shown:
    """`html` is made of our elements alone; `kind` says which way it is shown."""

    kind: Kind
    html: SafeString


def show(text: str, passages: Collection[int] = (), prefix: str = "passage") -> Shown:
    """`text` as what it is. `[2]` becomes a link to `#passage-2` where 2 is among `passages`."""
    kind = kind_of(text) if len(text) <= LONGEST else Kind.TEXT
    if kind is Kind.JSON:
        return Shown(kind, as_tree(parsed(text), passages, prefix))
    if kind is Kind.SQL:
        return Shown(kind, as_sql(unfenced(text)))
    if kind is Kind.MARKDOWN:
        return Shown(kind, as_markdown(text, passages, prefix))
    return Shown(kind, as_text(text, passages, prefix))
