"""Citations exist, quotes stand word for word, and the answer's sentences have support in its passages."""

import math
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from aiops.core.texts.answers import prose, shorten
from aiops.core.texts.normalise import normalised
from aiops.core.texts.refusals import refusal_in
from aiops.core.texts.sentences import pieces, sentences, telling
from aiops.features.guardrail_policy import GroundingPolicy
from aiops.gateway.guardrails.base import Checker, Found, Tools
from aiops.gateway.messages import Call, Passage, Reply
from aiops.gateway.ports import NoVectors

NAME = "grounding"
EMBEDDING = 2.0  # seconds that the check waits for vectors
Embed = Callable[[Sequence[str]], Awaitable[Sequence[Sequence[float]]]]
LEAST = 3  # telling words, below which a sentence claims nothing
_CITED = re.compile(r"\[(\d{1,4})\]")
_QUOTED = re.compile(
    r"“([^”“]{12,1000})”|\"([^\"]{12,1000})\"|«([^«»]{12,1000})»|„([^„“”]{12,1000})[“”]|「([^「」]{6,1000})」"
)
_SOURCES = r"\b(?:documents?|passages?|sources?|context)\b"
_NOTHING = re.compile(
    rf"\b(?:not|nothing|no (?:information|answer|mention))\b.{{0,60}}{_SOURCES}"
    rf"|{_SOURCES}.{{0,40}}\b(?:do(?:es)? not|don't|doesn't|says? nothing|holds? no)"
)


def checker(call: Call, tools: Tools) -> Checker | None:
    policy = call.feature.policy
    if not policy.retrieval.on or call.approach.kind == "search":
        return None
    rules, passages = policy.guardrails.grounding_rules, call.passages
    embedder = tools.embedder
    embed = partial(embedder.embed, call, NAME, seconds=EMBEDDING) if embedder is not None else None

    async def check_reply(reply: Reply) -> Found:
        return await check(reply.text, passages, rules, embed)

    return check_reply


async def check(
    text: str, passages: Sequence[Passage], rules: GroundingPolicy, embed: Embed | None = None
) -> Found:
    """Citations and quotes must be right, all of them; of sentences a share may lack support."""
    said = prose(text)
    if wrong := [*_false_citations(said, passages), *_false_quotes(said, passages)]:
        return Found(passed=False, reason="; ".join(wrong[:3]))
    claims = [one.strip() for one in sentences(said) if len(telling(_CITED.sub(" ", one))) >= LEAST]
    if not claims or _says_nothing(said):
        return Found(passed=True)
    without = [one for one in claims if not _supported(one, passages, rules.support)]
    if without and rules.alike is not None and embed is not None:
        without = await _unlike(without, passages, rules.alike, embed)
    share = len(without) / len(claims)
    facts = {"sentences": len(claims), "unsupported": len(without)}
    if share > rules.most_unsupported:
        shown = "; ".join(f"“{shorten(one, 120)}”" for one in without[:3])
        reason = f"{len(without)} of {len(claims)} sentences have no support in the passages: {shown}"
        return Found(passed=False, reason=reason, facts=facts)
    return Found(passed=True, margin=rules.most_unsupported - share, facts=facts)


def _false_citations(said: str, passages: Sequence[Passage]) -> list[str]:
    known = {str(passage.number) for passage in passages}
    numbers = dict.fromkeys(_CITED.findall(said))
    return [f"there is no passage [{number}]" for number in numbers if number.lstrip("0") not in known]


def _false_quotes(said: str, passages: Sequence[Passage]) -> list[str]:
    """Quotes that stand in no passage; one with a number behind it has to stand in that one."""
    wrong = []
    for match in _QUOTED.finditer(said):
        quote = next(filter(None, match.groups()))
        cited = _CITED.match(said[match.end() :].lstrip(" .,;。、"))
        where = [one for one in passages if not cited or str(one.number) == cited.group(1)]
        wanted = normalised(quote).strip(" .,;:!?…。、")
        if not any(wanted in normalised(one.text) for one in where):
            behind = f" in [{cited.group(1)}]" if cited else ""
            wrong.append(f"the quote “{shorten(quote, 80)}” does not stand word for word{behind}")
    return wrong


def _says_nothing(said: str) -> bool:
    """Whether the answer is that the documents hold none: that needs no support."""
    return len(said) < 400 and bool(refusal_in(said) or _NOTHING.search(normalised(said)))


def _supported(sentence: str, passages: Sequence[Passage], least: float) -> bool:
    """Enough of its words, and all of its numbers, stand in the passages that it cites; else in some one."""
    numbers = set(_CITED.findall(sentence))
    wanted = telling(_CITED.sub(" ", sentence))
    digits = {one for one in wanted if any(map(str.isdigit, one))}
    cited = [one for one in passages if str(one.number) in numbers]
    grounds = [set().union(*(pieces(one.text) for one in cited))] if cited else []
    grounds += [pieces(one.text) for one in passages] if not cited else []
    return any(digits <= held and len(wanted & held) >= least * len(wanted) for held in grounds)


async def _unlike(texts: Sequence[str], passages: Sequence[Passage], least: float, embed: Embed) -> list[str]:
    """Those of `texts` that are like no sentence of a passage. Numbers are not judged by likeness."""
    held = [one.strip() for passage in passages for one in sentences(passage.text) if one.strip()]
    if not held:
        return list(texts)
    try:
        vectors = await embed([*texts, *held])
    except NoVectors:
        return list(texts)
    own, theirs = vectors[: len(texts)], vectors[len(texts) :]
    return [
        text
        for text, vector in zip(texts, own, strict=True)
        if _new_numbers(text, passages) or max(_cosine(vector, other) for other in theirs) < least
    ]


def _new_numbers(text: str, passages: Sequence[Passage]) -> bool:
    digits = {one for one in telling(_CITED.sub(" ", text)) if any(map(str.isdigit, one))}
    return not digits <= set().union(*(pieces(one.text) for one in passages))


def _cosine(left: Sequence[float], right: Sequence[float]) -> float:
    size = math.hypot(*left) * math.hypot(*right)
    return sum(a * b for a, b in zip(left, right, strict=True)) / size if size else 0.0
