"""A text in sentences, and what of a sentence another text has to hold to support it."""

import regex

from aiops.core.texts.normalise import is_wide, words

_SENTENCE = regex.compile(
    r"(?:[^.!?。！？\n]|[.!?](?=\S))+[.!?。！？]*[\"”»“」』)\]]*\s*|\n+", regex.VERSION1
)
SHORT = 3  # letters of a word that says little by itself


def sentences(text: str) -> list[str]:
    """The sentences with all that stands between them: joined they are `text` again, but for stray stops."""
    return [match.group() for match in _SENTENCE.finditer(text)]


def pieces(text: str) -> set[str]:
    """The words of `text`; in scripts without spaces pairs of neighbouring characters."""
    found: set[str] = set()
    before = ""
    for word in words(text):
        if not is_wide(word[:1]):
            found.add(word)
            before = ""
            continue
        if before:
            found.add(before + word)
        before = word
    return found


def telling(text: str) -> set[str]:
    """The pieces that say what a sentence is about: no short words, but all numbers."""
    found = pieces(text)
    return {one for one in found if len(one) > SHORT or is_wide(one[:1]) or any(map(str.isdigit, one))}
