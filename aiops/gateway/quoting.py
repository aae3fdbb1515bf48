"""Passages into a prompt as data, and out again as quotes that stand in them word for word. Pure."""

from collections.abc import Sequence
from dataclasses import replace

import regex

from aiops.gateway.messages import Passage
from aiops.knowledge.bigrams import terms

LONGEST = 300  # characters of a quote
_SENTENCE = regex.compile(r"\S(?:[^.!?…。！？\n]|[.!?…](?!\s|$))*+[.!?…。！？]*")
_TAG = regex.compile(r"<(?=\s*/?\s*passages?\b)", regex.IGNORECASE)
_NUMBER = regex.compile(r"(?m)^([ \t]*)\[(\d+)\]")


def fenced(passages: Sequence[Passage]) -> str:
    """All passages between tags. What looks like the fence, or like another number, is defused first."""
    shown = (f"[{one.number}] # {_line(one.title)}\n{defused(one.text)}" for one in passages)
    return "<passages>\n" + "\n\n".join(shown) + "\n</passages>"


def defused(text: str) -> str:
    """`text` without what could end the fence or pass for a passage of its own."""
    return _NUMBER.sub(r"\1(\2)", _TAG.sub("‹", text))


def cited(answer: str, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """The passages whose number stands in the answer, each with what it says on that."""
    return tuple(replace(one, quote=quote_of(one, answer)) for one in passages if f"[{one.number}]" in answer)


def quote_of(passage: Passage, answer: str) -> str:
    """The sentence of the passage that is most like what cites it: a stretch of the passage's own text."""
    sentences = [found.group().strip() for found in _SENTENCE.finditer(passage.text)] or [passage.text]
    citing = [said.group() for said in _SENTENCE.finditer(answer) if f"[{passage.number}]" in said.group()]
    said = set(terms(" ".join(citing) or answer))
    return max(sentences, key=lambda one: _share(terms(one), said))[:LONGEST].strip()


def _share(found: Sequence[str], said: set[str]) -> float:
    """How much of both is common; a long sentence gains nothing by its length."""
    both = len(said.intersection(found))
    return both / (len(set(found)) + len(said)) if both else 0.0


def _line(title: str) -> str:
    return defused(" ".join(title.split()))
