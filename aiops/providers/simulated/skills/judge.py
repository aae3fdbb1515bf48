"""Grade an answer by a rubric, or say which of two is better: by likeness, language and what was kept.

Its knowledge is that of the other skills, so it errs like a model of its tier; it also leans a little towards
the answer that it reads first.
"""

import json

import regex

from aiops.providers.simulated.brief import Brief
from aiops.providers.simulated.competence import goes_wrong
from aiops.providers.simulated.draws import fraction
from aiops.providers.simulated.form import as_json
from aiops.providers.simulated.language import language_of
from aiops.providers.simulated.lexicon import order_in

_FORM = regex.compile(r'"(?P<key>verdict|score|better)": ')
_WORD = regex.compile(r"\p{Latin}{4,}")
_EVERYWHERE = {"custo", "kunde", "clien", "客様"}  # who writes is the same in every ticket
_CJK = regex.compile(r"[\p{Han}\p{Katakana}ー]+")
_GOOD = 0.5
_NOTHING = 0.05  # overlap of texts that have nothing in common but their language
_ALIKE = {True: 0.4, False: 0.45}  # overlap of a good answer with the reference, or with the input
_LEANING = 0.06  # towards the first of two
_APART = 0.1  # below it two answers are alike
_REASONS = {
    "language": "It is not written in the language that was asked for.",
    "order": "The order number is missing.",
    "content": "It leaves out or changes what matters.",
    "good": "It says what matters, and nothing that is wrong.",
}


def fits(brief: Brief) -> bool:
    asked = _FORM.search(brief.instructions)
    return asked is not None and ("output" in brief.parts or {"first", "second"} <= brief.parts.keys())


def answer(brief: Brief) -> str:
    if "output" not in brief.parts:
        return as_json(brief, _compared(brief))
    quality, reason = _quality(brief, brief.parts["output"])
    if goes_wrong(brief, "judgement", 0.04):
        quality, reason = 1 - quality, "good" if quality < _GOOD else "content"
    if brief.says('"score": '):
        return as_json(brief, {"reason": _REASONS[reason], "score": 1 + min(4, int(quality * 5))})
    verdict = "pass" if quality >= _GOOD else "fail"
    if verdict == "fail" and reason == "good":
        reason = "content"
    return as_json(brief, {"reason": _REASONS[reason], "verdict": verdict})


def _compared(brief: Brief) -> dict[str, str]:
    first, second = (_quality(brief, brief.parts[name]) for name in ("first", "second"))
    apart = first[0] - second[0] + _LEANING
    if goes_wrong(brief, "comparison", 0.04):
        apart = -apart
    if abs(apart) < _APART:
        return {"reason": "Both say the same.", "better": "tie"}
    better, worse = ("first", second[1]) if apart > 0 else ("second", first[1])
    lacks = _REASONS[worse] if worse != "good" else "It is less complete."
    return {"reason": f"Of the other one: {lacks}", "better": better}


def _quality(brief: Brief, output: str) -> tuple[float, str]:
    """0..1, and the name of the main reason."""
    said = _prose(output)
    known = brief.parts.get("reference", "").removeprefix("Any one of these is right:")
    source = brief.parts.get("input", "")
    about = _prose(known) or source
    likeness = _overlap(said, about)
    share = min(1.0, max(0.0, likeness - _NOTHING) / _ALIKE[bool(known.strip())])
    share = 0.92 * share + 0.08 * fraction(brief.seed, "taste", said)
    if said and about and language_of(said) != language_of(about):
        return 0.3 * share, "language"
    order = order_in(source)
    if order and order not in output:
        return 0.7 * share, "order"
    return share, "good" if share >= _GOOD else "content"


def _prose(text: str) -> str:
    """The texts inside JSON, or all of `text`."""
    try:
        found = json.loads(text)
    except ValueError:
        return text.strip()
    if isinstance(found, dict):
        return " ".join(str(value) for value in found.values())
    return text.strip()


def _overlap(said: str, about: str) -> float:
    """The share of the shorter text's stems that the other has too."""
    one, other = _stems(said), _stems(about)
    return len(one & other) / min(len(one), len(other)) if one and other else float(said == about)


def _stems(text: str) -> frozenset[str]:
    """Beginnings of words; pairs of characters where words are not parted."""
    words = {word[:5] for word in _WORD.findall(text.lower())}
    runs = _CJK.findall(text)
    pairs = {run[at : at + 2] for run in runs for at in range(max(1, len(run) - 1))}
    return frozenset((words | pairs) - _EVERYWHERE)
