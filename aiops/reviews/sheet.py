"""What the grading page shows of an item. Blind: nothing here says which version, model or arm it was.

Texts are those of the item, without personal data. All of them are hostile, and shown by `core.shown`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.utils.safestring import SafeString

from aiops.core.shown import Kind, Shown, as_text, kind_of, show
from aiops.gateway.messages import Passage
from aiops.gateway.quoting import quote_of

SHORT = 60  # characters: a shorter input stands in a row with others
_CITED = re.compile(r"\[(\d{1,3})\]")
_KNOWN = {one.name for one in fields(Passage)}
_EMPTY: dict[str, Any] = {"number": 0, "document": "", "title": "", "url": "", "text": "", "score": 0.0}


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that the model was given; `quote` is what the output stands on, word for word."""

    number: int
    title: str
    before: str
    quote: str
    after: str
    is_cited: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """`texts`: (name, shown); `facts`: short inputs (name, text); `output` None: gone by retention."""

    texts: list[tuple[str, SafeString]]
    facts: list[tuple[str, str]]
    sources: list[Source]
    output: Shown | None
    written: str  # the output, bare


def sheet(
    inputs: Mapping[str, Any] | None, output: str | None, passages: Sequence[Mapping[str, Any]] | None
) -> Sheet:
    """`inputs` and `passages` as a review item keeps them; all three None where retention took them."""
    named = {name: value if isinstance(value, str) else str(value) for name, value in (inputs or {}).items()}
    short = [name for name, text in named.items() if len(named) > 1 and _is_short(text)]
    if len(short) == len(named):
        short = []
    given = [_passage(one) for one in passages or ()]
    written = output or ""
    return Sheet(
        texts=[(name, _input(text)) for name, text in named.items() if name not in short],
        facts=[(name, named[name]) for name in short],
        sources=[_source(one, written) for one in given],
        output=None if output is None else show(written, {one.number for one in given}),
        written=written,
    )


def _is_short(text: str) -> bool:
    return len(text) <= SHORT and "\n" not in text


def _input(text: str) -> SafeString:
    """What a caller sent: set as text, unless it is a JSON object or a statement."""
    return show(text).html if kind_of(text) in {Kind.JSON, Kind.SQL} else as_text(text)


def _passage(stored: Mapping[str, Any]) -> Passage:
    return Passage(**{**_EMPTY, **{name: value for name, value in stored.items() if name in _KNOWN}})


def _source(passage: Passage, output: str) -> Source:
    is_cited = str(passage.number) in _CITED.findall(output)
    quote = (passage.quote or quote_of(passage, output)) if is_cited else ""
    before, quote, after = passage.text.partition(quote) if quote else (passage.text, "", "")
    title = passage.title or passage.document
    return Source(passage.number, title, before, quote, after, is_cited)
