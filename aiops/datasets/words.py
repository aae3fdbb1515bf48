"""Words for searching cases in any script.

PostgreSQL's own parsers know no Chinese, Japanese or Thai, so words are made here: runs of letters and digits
folded to lower case without accents; scripts that write without spaces become pairs of characters. The last
character of such a run stands alone as well, so that a search for one character finds it by prefix.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

MAX_CHARACTERS = 20_000  # of one case that are searchable; a tsvector holds at most 1 MB
MAX_WORD = 60

# Han, kana, Thai, Lao, Khmer, Burmese: written without spaces between words.
_DENSE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(f"(?P<dense>[{_DENSE}]+)|[^\\W_{_DENSE}]{{1,{MAX_WORD}}}")
_ASCII_RUN = re.compile(f"[a-z0-9]{{1,{MAX_WORD}}}")
_VOICED = "\u3099\u309a"  # Japanese marks that make another letter, unlike accents


def lexemes(texts: Iterable[str]) -> set[str]:
    """The distinct words of the first 20,000 characters of `texts`."""
    text = "\n".join(texts)[:MAX_CHARACTERS]
    if text.isascii():
        return set(_ASCII_RUN.findall(text.lower()))
    return set(_words(_fold(text)))


def vector(words: Iterable[str]) -> str:
    """`words` as the text form of a tsvector without positions."""
    return "'" + "' '".join(words) + "'"


def query(text: str) -> str:
    """A tsquery as text: every word of `text` is there, or one that begins like it. Empty if no word."""
    return " & ".join(f"'{word}':*" for word in _asked(_fold(text[:400])))


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in decomposed if unicodedata.category(c) != "Mn" or c in _VOICED)
    return unicodedata.normalize("NFKC", bare)


def _words(folded: str) -> Iterator[str]:
    for match in _RUN.finditer(folded):
        run = match.group()
        if match["dense"]:
            yield from _pairs(run)
            yield run[-1]
        else:
            yield run


def _asked(folded: str) -> Iterator[str]:
    for match in _RUN.finditer(folded):
        run = match.group()
        yield from _pairs(run) if match["dense"] and len(run) > 1 else (run,)


def _pairs(run: str) -> Iterator[str]:
    return (run[i : i + 2] for i in range(len(run) - 1))
