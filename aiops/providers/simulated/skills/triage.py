"""Choose one of the labels that the prompt lists."""

from collections.abc import Mapping
from functools import lru_cache

import regex

from aiops.providers.simulated.brief import Brief
from aiops.providers.simulated.competence import goes_wrong
from aiops.providers.simulated.draws import pick
from aiops.providers.simulated.form import as_json, as_word, wants_json
from aiops.providers.simulated.lexicon import lexicon

_TASK = r"\b(?:label|classif\w+|categor\w+|triage|route|intent|topic|queue)\b"
_BULLET = regex.compile(
    r"(?m)^\s*(?:[-*•]|\d+[.)])\s*[`\"']?(?P<label>[\w][\w ?/&-]{0,60}?)[`\"']?\s*(?:[:–—]\s*(?P<means>.+))?$"
)
_INLINE = regex.compile(
    r"(?i)(?:labels?|categor(?:y|ies)|intents?|one of|topics?|queues?)[^:\n.]{0,60}:"
    r"\s*(?P<list>[^\n]+(?:\n[^\n]+,[^\n]*)*)"
)
_ALIASES = {
    "shipping": "deliver|shipment|logistic|parcel",
    "refund": "return",
    "defect": "fault|broken|technical|damage",
    "billing": "payment|invoice|charge",
    "account": "login|profile|access",
    "cancellation": "cancel",
    "warranty": "guarantee|repair",
    "product_question": "product|question|pre.?sale|info",
    "other": "misc|general|feedback|praise|none",
}
_NEIGHBOURS = {
    "shipping": "cancellation",
    "refund": "billing",
    "defect": "warranty",
    "billing": "refund",
    "account": "billing",
    "cancellation": "refund",
    "warranty": "defect",
    "product_question": "warranty",
    "other": "product_question",
}
_LEAST_WORD = 3


def fits(brief: Brief) -> bool:
    return brief.says(_TASK) and len(labels_of(brief)) > 1 and not brief.says(r"summar|draft")


def answer(brief: Brief) -> str:
    label = chosen(brief)
    if not wants_json(brief):
        return as_word(brief, label)
    keys = list((brief.schema or {}).get("properties", {})) or ["label"]
    return as_json(brief, {keys[0]: label})


def labels_of(brief: Brief) -> Mapping[str, str]:
    """The labels in the prompt with what it says of each: bullets, or a list after a colon."""
    return _labels(brief.instructions)


@lru_cache(maxsize=256)
def _labels(instructions: str) -> Mapping[str, str]:
    bullets = {m["label"].strip(): m["means"] or "" for m in _BULLET.finditer(instructions)}
    if len(bullets) > 1:
        return bullets
    inline = _INLINE.search(instructions)
    names = regex.split(r"\s*[,;|]\s*|\s+or\s+", inline["list"]) if inline else []
    return {name.strip(" .`\"'"): "" for name in names if name.strip(" .`\"'")}


def chosen(brief: Brief) -> str:
    """The label, or a near one where the step fails."""
    labels = labels_of(brief)
    ranked = ranking(brief, labels)
    rate = (
        0.13
        * (0.6 if any(labels.values()) else 1.0)
        * (0.7 if brief.says(r"prefer|rather than|if both|if two") else 1.0)
    )
    if not goes_wrong(brief, "label", rate, negations=True):
        return ranked[0]
    right = _category_of(ranked[0])
    near = [label for label in labels if _category_of(label) == _NEIGHBOURS.get(right, "")]
    return near[0] if near else pick(ranked[1:4], "wrong label", brief.seed, brief.text)


def ranking(brief: Brief, labels: Mapping[str, str]) -> list[str]:
    """The labels, the likeliest first: by what the text is about, then by words that it shares with them."""
    categories = lexicon(brief.language).categories_in(brief.text)
    own, shop = _stems(brief.text), _about_the_shop(labels)

    def weight(label: str) -> tuple[float, float]:
        category = _category_of(label)
        place = len(categories) - categories.index(category) if category in categories else 0
        shared = len(own & _stems(label)) * 2 + 0.5 * len(own & _stems(labels[label]))
        return (place, shared) if shop else (shared, 0.0)

    return sorted(labels, key=weight, reverse=True)


def _about_the_shop(labels: Mapping[str, str]) -> bool:
    """Whether the labels are mostly those of a helpdesk, which the lexicon knows."""
    return sum(bool(_category_of(label)) for label in labels) * 2 > len(labels) and len(labels) <= 2 * len(
        _ALIASES
    )


@lru_cache(maxsize=1024)
def _category_of(label: str) -> str:
    """The helpdesk category that a label names, in whatever spelling; empty where it is none."""
    plain = regex.sub(r"\W+", "_", label.strip().lower())
    if plain in _ALIASES:
        return plain
    words = plain.replace("_", " ")
    return next(
        (
            name
            for name, other in _ALIASES.items()
            if regex.search(f"{name.replace('_', ' ')}|{other}", words)
        ),
        "",
    )


@lru_cache(maxsize=1024)
def _stems(text: str) -> frozenset[str]:
    words = regex.findall(r"\p{L}+", text.lower().replace("_", " "))
    return frozenset(word[:5] for word in words if len(word) >= _LEAST_WORD)
