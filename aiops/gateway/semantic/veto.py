"""What forbids that one stored answer serves two questions, however alike they are. No model, and strict:
a rewording that is refused costs a call, a wrong answer costs more.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from aiops.gateway.semantic import lexicon
from aiops.gateway.semantic.reading import Facts, facts_of, figures_of

_ENDINGS = ("s", "es", "ed", "d", "ing", "n", "en", "e")
_JOINING = 7  # letters of a word in which one that is missing or too many is a slip
_LONGEST = 30  # letters of a word; what is longer is no word
_SHORTEST = 4  # letters of a word in which two neighbours changed places is a slip

_GRAMMATICAL = frozenset({"i", "im", "ive", "sie", "ihr", "ihre", "ihnen"})  # written large
_WORD = re.compile("[a-z]+")
READ = 6  # questions that are read whole to find those that fit
_read = lru_cache(maxsize=4096)(facts_of)


class _Question(Protocol):
    @property
    def question(self) -> str: ...


One = TypeVar("One", bound=_Question)


def fitting(question: str, found: Iterable[One]) -> Iterator[One]:
    """Those that could be given, in their order. Few are read whole, and all others' numbers first."""
    mine, left = figures_of(question), READ
    for one in found:
        if _differ(mine, question, figures_of(one.question), one.question):
            continue
        if not left:
            return
        left -= 1
        if not veto(question, one.question):
            yield one


def veto(one: str, other: str) -> str:
    """Why the answer to `one` must not be given to `other`; "" where nothing is against it."""
    if _other_figures(one, other):
        return "number"
    a, b = _read(one), _read(other)
    if a == b:
        return ""
    return next((reason for reason, differs in _CHECKS if differs(a, b)), "")


def _other_figures(one: str, other: str) -> bool:
    return _differ(figures_of(one), one, figures_of(other), other)


def _differ(mine: Sequence[str], one: str, theirs: Sequence[str], other: str) -> bool:
    """As many numbers on either side, and others; or on one side alone, and the other spells none. That is
    seen at once, and is what most often differs.
    """
    if len(mine) == len(theirs):
        return mine != theirs
    if mine and theirs:
        return False
    bare = other if mine else one
    return bare.isascii() and lexicon.UNITS.keys().isdisjoint(_WORD.findall(bare.lower()))


def _language(a: Facts, b: Facts) -> bool:
    return _family(a) != _family(b)


def _family(facts: Facts) -> frozenset[str]:
    """Japanese is written in three scripts, and any text may hold Latin names."""
    found = {"KANA" if name in {"HIRAGANA", "KATAKANA"} else name for name in facts.scripts}
    return frozenset(found - {"LATIN"}) or frozenset(found)


def _numbers(a: Facts, b: Facts) -> bool:
    return a.numbers != b.numbers


def _negation(a: Facts, b: Facts) -> bool:
    return a.negations != b.negations


def _names(a: Facts, b: Facts) -> bool:
    """A name of either side that the other has in no form; or the same names in another order."""
    theirs, ours = (*b.names, *b.words), (*a.names, *a.words)
    if any(not _stands(name, theirs) for name in a.names) or any(not _stands(name, ours) for name in b.names):
        return True
    order = [name for name in a.names if name in b.names]
    return order != [name for name in b.names if name in a.names]


def _stands(name: str, words: Sequence[str]) -> bool:
    return any(name == word or _swapped(name, word) for word in words) or name in _GRAMMATICAL


def _signs(a: Facts, b: Facts) -> bool:
    return (a.quoted, a.signs) != (b.quoted, b.signs)


def _direction(a: Facts, b: Facts) -> bool:
    if len(a.directions) != len(b.directions):
        return {word for word, _ in a.directions} != {word for word, _ in b.directions}
    pairs = zip(a.directions, b.directions, strict=True)
    return any(mine[0] != theirs[0] or not _alike(mine[1], theirs[1]) for mine, theirs in pairs)


def _close(a: Facts, b: Facts) -> bool:
    return a.close != b.close


def _words(a: Facts, b: Facts) -> bool:
    """A word of meaning of either side that the other has in no form."""
    return _lacks(a.words, b.words) or _lacks(b.words, a.words)


def _order(a: Facts, b: Facts) -> bool:
    """More than one group of words has moved: "man bites dog" is not "dog bites man"."""
    rest = [*zip(a.words, b.words, strict=False)]
    if len(a.words) != len(b.words):
        return False
    head = next((at for at, pair in enumerate(rest) if not _alike(*pair)), len(rest))
    tail = next((at for at, pair in enumerate(reversed(rest)) if not _alike(*pair)), len(rest))
    mine, theirs = a.words[head : len(rest) - tail], b.words[head : len(rest) - tail]
    return bool(mine) and not any(_same((*mine[at:], *mine[:at]), theirs) for at in range(len(mine)))


def _same(words: Sequence[str], others: Sequence[str]) -> bool:
    return all(_alike(word, other) for word, other in zip(words, others, strict=True))


def _lacks(words: Sequence[str], others: Sequence[str]) -> bool:
    known = set(others)
    return any(word not in known and not any(_alike(word, other) for other in others) for word in words)


def _alike(one: str, other: str) -> bool:
    """The same word, in another form or with a slip."""
    short, long = sorted((one, other), key=len)
    if short == long:
        return True
    if short[:1] != long[:1] or len(long) > _LONGEST:
        return False
    return (
        _ending(short, long)
        or _swapped(one, other)
        or _slip(short, long)
        or one.replace("z", "s") == (other.replace("z", "s"))
    )


def _ending(short: str, long: str) -> bool:
    """As card and cards, top and topping, charge and charging."""
    stems = {short, short + short[-1:], short.removesuffix("e")}
    return len(short) > 2 and any(long == stem + ending for stem in stems for ending in _ENDINGS)


def _swapped(one: str, other: str) -> bool:
    """Two neighbours changed places."""
    if len(one) != len(other) or len(one) < _SHORTEST:
        return False
    apart = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(apart) != 2 or apart[1] != apart[0] + 1:
        return False
    first, second = apart
    return one[first] == other[second] and one[second] == other[first]


def _slip(short: str, long: str) -> bool:
    """One letter is missing, in a long word, or a doubled one is single."""
    if len(long) != len(short) + 1:
        return False
    at = next((place for place, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if short[at:] != long[at + 1 :]:
        return False
    return len(long) >= _JOINING or (at > 0 and long[at] == long[at - 1])


_CHECKS: tuple[tuple[str, Callable[[Facts, Facts], bool]], ...] = (
    ("language", _language),
    ("number", _numbers),
    ("negation", _negation),
    ("name", _names),
    ("quotation or sign", _signs),
    ("direction", _direction),
    ("word", _close),
    ("word", _words),
    ("order", _order),
)
