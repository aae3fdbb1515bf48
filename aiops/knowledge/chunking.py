"""A text in pieces that can be found and shown: whole sentences under their headings. Pure.

A piece is a stretch of the text, word for word. Sections never share one; inside a section the last sentence
of a piece begins the next, so that what two sentences say together is found together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

SIZE = 1200  # characters of a piece at most
OVERLAP = 240  # a longer sentence is not repeated
_HEADING = regex.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_FENCE = regex.compile(r"^ {0,3}(```+|~~~+)")
_PARAGRAPH = regex.compile(r"\S(?:[^\n]|\n(?!\s*\n))*")
# A sentence ends at its mark and what closes it; a line of a list or a table is one as well.
_SENTENCE_END = regex.compile(
    r"[.!?…][\"'”’»)\]]*\s+(?=\S)|[。！？][」』）]*\s*|\n(?=\s*(?:[-*+|]|\d+[.)])\s?)"
)
_GRAPHEME = regex.compile(r"\X")


@dataclass(frozen=True, slots=True)
class Piece:
    """`text[begins:ends]` under `headings`, from the outermost."""

    headings: tuple[str, ...]
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class _Sentence:
    begins: int
    ends: int
    opens: bool  # a paragraph


def pieces(text: str, *, size: int = SIZE, markdown: bool = True) -> list[Piece]:
    """All pieces in order; they cover everything but headings and white space."""
    found: list[Piece] = []
    for headings, begins, ends in _sections(text, markdown=markdown):
        sentences = list(_sentences(text, begins, ends, size))
        found += [Piece(headings, *span) for span in _packed(sentences, size)]
    return found


def embedded(title: str, headings: Iterable[str], text: str) -> str:
    """What a piece's vector is made of: the document's title, the headings above it, and its text."""
    above = "\n".join(dict.fromkeys((title, *headings)))
    return f"{above}\n{text}"


def _sections(text: str, *, markdown: bool) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """(headings, begins, ends) between one heading and the next."""
    path: list[tuple[int, str]] = []
    begins, at, fence = 0, 0, ""
    for line in text.splitlines(keepends=True):
        if marked := _FENCE.match(line):
            fence = "" if fence and marked[1].startswith(fence) else fence or marked[1]
        elif markdown and not fence and (heading := _HEADING.match(line.rstrip("\n"))):
            yield tuple(title for _, title in path), begins, at
            depth = len(heading[1])
            path = [*((level, title) for level, title in path if level < depth), (depth, heading[2])]
            begins = at + len(line)
        at += len(line)
    yield tuple(title for _, title in path), begins, at


def _sentences(text: str, begins: int, ends: int, size: int) -> Iterator[_Sentence]:
    for paragraph in _PARAGRAPH.finditer(text, begins, ends):
        start, opens = paragraph.start(), True
        cuts = [mark.end() for mark in _SENTENCE_END.finditer(text, start, paragraph.end())]
        for cut in (*cuts, paragraph.end()):
            for one, other in _cut(text, start, cut, size):
                yield _Sentence(one, other, opens)
                opens = False
            start = cut


def _cut(text: str, begins: int, ends: int, size: int) -> Iterator[tuple[int, int]]:
    """One sentence, without the white space around it; in parts where it is longer than a piece."""
    while begins < ends and text[begins].isspace():
        begins += 1
    while ends > begins and text[ends - 1].isspace():
        ends -= 1
    while ends - begins > size:
        cut = _last_cut(text, begins, begins + size)
        yield begins, begins + len(text[begins:cut].rstrip())
        begins = cut
        while begins < ends and text[begins].isspace():
            begins += 1
    if begins < ends:
        yield begins, ends


def _last_cut(text: str, begins: int, most: int) -> int:
    """Where to cut before `most`: after the last white space, else between two graphemes."""
    space = max(text.rfind(mark, begins, most) for mark in " \n\t")
    if space > begins + (most - begins) // 2:
        return space
    last = begins
    for grapheme in _GRAPHEME.finditer(text, begins):
        if grapheme.end() > most:
            return last if last > begins else grapheme.end()
        last = grapheme.end()
    return last


def _packed(sentences: list[_Sentence], size: int) -> Iterator[tuple[int, int]]:
    """Stretches of whole sentences, each begun by the last one of the stretch before where that is short."""
    first = 0
    for last, sentence in enumerate(sentences):
        following = sentences[last + 1] if last + 1 < len(sentences) else None
        if following is None:
            yield sentences[first].begins, sentence.ends
        elif following.ends - sentences[first].begins > size:
            yield sentences[first].begins, sentence.ends
            first = last + 1
            short = sentence.ends - sentence.begins <= OVERLAP
            if short and not following.opens and following.ends - sentence.begins <= size:
                first = last
