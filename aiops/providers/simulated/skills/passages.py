"""Answer a question from the passages in the prompt, and say so where they do not answer it."""

from dataclasses import dataclass

import regex

from aiops.providers.simulated.brief import Brief
from aiops.providers.simulated.competence import answer_language, goes_wrong
from aiops.providers.simulated.lexicon import lexicon

_CONTEXT = regex.compile(r"(?is)(?:^|\n)(?:passages?|context|documents?|sources?)\s*:\s*(?P<text>.+)")
_NUMBERED = regex.compile(r"(?m)^\s*\[(\d+)\]\s*")
_SENTENCE = regex.compile(r"[^.!?。！？\n]+(?:[.!?](?=\d)[^.!?。！？\n]+)*[.!?。！？]?")
_CJK = regex.compile(r"[\p{Han}\p{Katakana}ー]+|\p{Hiragana}+")
_ENOUGH = 0.24  # of the question's weight must be found in the best sentence


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of passage number `passage`, with the heading that it stands under."""

    passage: int
    text: str
    heading: str


def fits(brief: Brief) -> bool:
    return bool(_context(brief)) and brief.says(r"answer|question|frage|pregunta|質問")


def answer(brief: Brief) -> str:
    language = answer_language(brief)
    phrases = lexicon(language).phrases["passages"]
    ranked = ranking(brief)
    if not ranked or ranked[0][0] < _ENOUGH:
        admits = (
            0.06 if brief.says(r"do(?:es)? not (?:say|contain|answer)|not in the passages|say so") else 0.4
        )
        if not ranked or not goes_wrong(brief, "unanswerable", admits):
            return str(phrases["unknown"])
    wrong = goes_wrong(brief, "passage", 0.05 if brief.says(r"only (?:from|what)|nothing but") else 0.1)
    sentence = ranked[min(1, len(ranked) - 1) if wrong else 0][1]
    text = sentence.text if language == brief.language else phrases["elsewhere"].format(text=sentence.text)
    cites = brief.says(r"\[n\]|\[1\]|cite|citation|number of the passage")
    return f"{text} [{sentence.passage}]" if cites and not goes_wrong(brief, "citation", 0.04) else text


def ranking(brief: Brief) -> list[tuple[float, Sentence]]:
    """The sentences of the passages with the share of the question that they cover, the best first."""
    asked = _terms(brief.text)
    found = sentences(_context(brief))
    common = [_terms(f"{sentence.heading} {sentence.text}") for sentence in found]
    rare = {term: 1 / (1 + sum(term in terms for terms in common)) for term in asked}
    whole = sum(rare.values()) or 1.0
    scored = [
        (sum(rare[term] for term in asked & terms) / whole, sentence)
        for terms, sentence in zip(common, found, strict=True)
    ]
    return sorted(scored, key=lambda item: -item[0])


def sentences(context: str) -> list[Sentence]:
    """All sentences of passages numbered "[1] …"; text without numbers is passage 1."""
    parts = _NUMBERED.split(context)
    numbered = list(zip(map(int, parts[1::2]), parts[2::2], strict=True)) or [(1, context)]
    found = []
    for number, passage in numbered:
        heading = ""
        for line in passage.splitlines():
            if line.startswith("#"):
                heading = line.lstrip("# ")
                continue
            found += [
                Sentence(number, part.strip(" -*"), heading)
                for part in _SENTENCE.findall(line)
                if part.strip(" -*")
            ]
    return found


def _context(brief: Brief) -> str:
    for name in ("passages", "context", "documents", "sources"):
        if name in brief.parts:
            return brief.parts[name]
    match = _CONTEXT.search(brief.instructions)
    return match["text"] if match else ""


def _terms(text: str) -> set[str]:
    """Stems of words; of Japanese pairs of characters."""
    plain = text.lower()
    words = {word[:5] for word in regex.findall(r"[\p{Latin}\d]+", plain) if len(word) > 3 or word.isdigit()}
    runs = [run for run in _CJK.findall(plain) if not regex.fullmatch(r"\p{Hiragana}+", run)]
    return words | {run[at : at + 2] for run in runs for at in range(max(1, len(run) - 1))}
