"""The difference of two texts by lines, with the changed words marked inside changed lines."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import Literal

Kind = Literal["same", "del", "ins", "gap"]
# A word, a run of blanks, or one sign; scripts without blanks go sign by sign.
WORDS = re.compile(r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|\s+|.", re.DOTALL)
WORK = 200_000  # pairs of equal items that are weighed one by one; past it frequent ones are left aside
LONG = 8_000  # items of both texts together, past which what differs is replaced whole
ALIKE = 0.2  # below this share of common words a pair of lines is two different lines


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a diff with its numbers from 1 in both texts; a gap stands for `skipped` equal lines."""

    kind: Kind
    spans: tuple[Span, ...] = ()
    before: int | None = None
    after: int | None = None
    skipped: int = 0


def lines(before: str, after: str, context: int | None = None) -> list[Line]:
    """Every line of both texts in order; with `context`, long equal stretches become gaps."""
    old, new = before.splitlines(), after.splitlines()
    found: list[Line] = []
    for tag, a, b, c, d in _steps(old, new):
        if tag == "equal":
            found += (Line("same", (Span(text),), a + i + 1, c + i + 1) for i, text in enumerate(old[a:b]))
        else:
            found += _changed(old[a:b], new[c:d], a, c)
    return found if context is None else _folded(found, context)


def words(before: str, after: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Both texts as spans, those that the other one lacks marked as changed."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    removed: list[Span] = []
    added: list[Span] = []
    for tag, a, b, c, d in _steps(old, new):
        if old[a:b]:
            removed.append(Span("".join(old[a:b]), tag != "equal"))
        if new[c:d]:
            added.append(Span("".join(new[c:d]), tag != "equal"))
    return _joined(removed), _joined(added)


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Changed words that only blanks part are one change: a phrase reads better than its words."""
    joined: list[Span] = []
    for position, span in enumerate(spans):
        around = spans[position - 1 : position] and spans[position + 1 : position + 2]
        parts_changes = bool(around) and spans[position - 1].changed and not span.text.strip()
        changed = span.changed or (parts_changes and spans[position + 1].changed)
        if joined and joined[-1].changed and changed:
            joined[-1] = Span(joined[-1].text + span.text, changed=True)
        else:
            joined.append(Span(span.text, changed))
    return tuple(joined)


def pairs(found: Iterable[Line]) -> list[tuple[Line | None, Line | None]]:
    """Lines for two columns: equal ones and gaps on both sides, removed ones beside added ones."""
    rows: list[tuple[Line | None, Line | None]] = []
    for changed, group in groupby(found, key=lambda line: line.kind in {"del", "ins"}):
        block = list(group)
        if changed:
            removed = [line for line in block if line.kind == "del"]
            rows += zip_longest(removed, [line for line in block if line.kind == "ins"])
        else:
            rows += ((line, line) for line in block)
    return rows


def _steps(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """Difflib's opcodes in bounded time: its work grows with the pairs of equal items, so of long texts the
    equal beginning and end are set aside, then frequent items; what is still too much is replaced whole.
    """
    first = next(
        (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    rest = min(len(old), len(new)) - first
    last = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    was, now = old[first : len(old) - last], new[first : len(new) - last]
    steps = [("equal", 0, first, 0, first)] if first else []
    steps += [(tag, a + first, b + first, c + first, d + first) for tag, a, b, c, d in _between(was, now)]
    if last:
        steps.append(("equal", len(old) - last, len(old), len(new) - last, len(new)))
    return steps


def _between(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    if len(old) + len(new) > LONG:
        return [("replace", 0, len(old), 0, len(new))] if old or new else []
    there, frequent = Counter(old), len(new) // 100 + 1
    often = Counter(new)
    pairs_of = {item: times * there[item] for item, times in often.items() if item in there}
    if sum(pairs_of.values()) <= WORK:
        return list(difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes())
    if sum(pairs for item, pairs in pairs_of.items() if often[item] <= frequent) <= WORK:
        return list(difflib.SequenceMatcher(None, old, new, autojunk=True).get_opcodes())
    return [("replace", 0, len(old), 0, len(new))]


def _changed(old: Sequence[str], new: Sequence[str], at_old: int, at_new: int) -> list[Line]:
    removed: list[Line] = []
    added: list[Line] = []
    many = len(old) + len(new) > LONG // 4
    for position, (was, now) in enumerate(zip_longest(old, new)):
        left, right = ((Span(was or ""),), (Span(now or ""),)) if many else _marked(was, now)
        if was is not None:
            removed.append(Line("del", left, before=at_old + position + 1))
        if now is not None:
            added.append(Line("ins", right, after=at_new + position + 1))
    return removed + added


def _marked(was: str | None, now: str | None) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Changed words of a pair of lines that are alike; of two different lines nothing is marked."""
    if was is None or now is None:
        return (Span(was or ""),), (Span(now or ""),)
    left, right = words(was, now)
    common = sum(len(span.text) for span in left if not span.changed)
    if common < ALIKE * max(len(was), len(now), 1):
        return (Span(was),), (Span(now),)
    return left, right


def _folded(found: list[Line], context: int) -> list[Line]:
    near = {
        close
        for position, line in enumerate(found)
        if line.kind != "same"
        for close in range(position - context, position + context + 1)
    }
    folded: list[Line] = []
    for shown, group in groupby(enumerate(found), key=lambda pair: pair[0] in near):
        block = [line for _, line in group]
        folded += block if shown or len(block) == 1 else [Line("gap", skipped=len(block))]
    return folded
