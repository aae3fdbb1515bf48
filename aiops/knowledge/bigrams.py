"""Texts without spaces as pairs of characters, for Postgres, which can't tell their words apart.

A character is what people take for one (a grapheme), so that Thai vowels stay with their consonants.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import regex

_LONGEST = 200  # characters of one term
_MOST_PLACES = 255  # that Postgres keeps of one term
_LAST_PLACE = 16383
_CLOSE = r"\p{Han}\p{Hiragana}\p{Katakana}ー々\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_PART = regex.compile(  # V1: one set without another
    rf"(?V1)(?P<close>[{_CLOSE}][{_CLOSE}\p{{M}}]*)|(?P<word>[[\p{{L}}\p{{N}}\p{{M}}]--[{_CLOSE}]]+)"
)
_ASCII = re.compile("[a-z0-9]+")  # what `_PART` finds in a text of nothing else, in a tenth of the time
_GRAPHEME = regex.compile(r"\X")
_CONTENT = regex.compile(r"[^\p{Hiragana}ー]")  # particles and endings are Hiragana


def parts(text: str) -> Iterator[tuple[str, bool]]:
    """Words, and runs of what is written without spaces (then True), in small letters of common width."""
    if text.isascii():
        yield from ((word, False) for word in _ASCII.findall(text.lower()))
        return
    for part in _PART.finditer(unicodedata.normalize("NFKC", text).casefold()):
        yield (part["word"], False) if part["word"] else (part["close"], True)


def terms(text: str) -> list[str]:
    """Pairs in order, single characters where a run has no pair, other words whole."""
    found: list[str] = []
    for part, close in parts(text):
        if not close:
            found.append(part[:_LONGEST])
            continue
        characters = _GRAPHEME.findall(part)
        pairs = [one + other for one, other in pairwise(characters)]
        found += pairs or characters
    return found


def vector(weighted: Iterable[tuple[str, str]]) -> str:
    """A tsvector as text, of (text, weight) one after the other; single Han characters are findable too."""
    places: dict[str, list[str]] = defaultdict(list)
    at = 0
    for text, weight in weighted:
        for term in terms(text):
            at = min(at + 1, _LAST_PLACE)
            for one in {term, *(character for character in term if "\u4e00" <= character <= "\u9fff")}:
                if len(places[one]) < _MOST_PLACES:
                    places[one].append(f"{at}{weight}")
    return _written(places)


def asked(text: str, most: int) -> list[str]:
    """The terms of a question, each once; those of grammar alone only where there is nothing else."""
    found = list(dict.fromkeys(terms(text)))
    telling = [term for term in found if _CONTENT.search(term)]
    return (telling or found)[:most]


def _written(places: Mapping[str, Sequence[str]]) -> str:
    return " ".join(f"{_quoted(term)}:{','.join(found)}" for term, found in places.items())


def _quoted(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
