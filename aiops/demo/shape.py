"""The shape of the demo's traffic: who calls what, when, in which language. Pure and deterministic."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from random import Random

from aiops.demo import content
from aiops.providers.simulated.tokens import estimate

# Of a working day's calls, which part falls into each hour (UTC): two peaks, quiet nights.
HOURS = (1, 1, 1, 1, 2, 4, 9, 16, 22, 24, 22, 17, 15, 21, 23, 20, 15, 9, 6, 4, 3, 2, 2, 1)
WEEK = (1.15, 1.05, 1.0, 1.0, 0.95, 0.35, 0.25)  # from Monday
MIX = {
    "support-summary": 30, "ticket-triage": 26, "language-routing": 18, "policy-answers": 11,
    "draft-reply": 8, "order-lookup-sql": 4, "contract-terms": 2, "product-copy": 1,
}  # fmt: skip  # pairs, read as a table
REPEATED = {"ticket-triage": 0.2, "policy-answers": 0.3, "order-lookup-sql": 0.15, "support-summary": 0.05}
SIMILAR = {"policy-answers": 0.08}  # asked in other words


@dataclass(frozen=True, slots=True)
class Shop:
    """A tenant: calls on a working day now, how many times fewer 90 days ago, and its languages' weights."""

    calls: int
    grew: float
    languages: Mapping[str, int]
    without: frozenset[str] = frozenset()

    def on(self, day: datetime, ago: float) -> float:
        """Calls on a day, `ago` days before now: steady, or growing faster and faster."""
        return self.calls * WEEK[day.weekday()] * math.exp(-math.log(self.grew) * ago / 90)


SHOPS = {
    "acme": Shop(1400, 1.1, {"en": 6, "de": 3, "fr": 1}),
    "globex": Shop(1260, 7.0, {"ja": 5, "en": 3, "es": 2}),  # grows, and nears its budget
    "initech": Shop(280, 0.9, {"fr": 4, "es": 3, "en": 2, "de": 1}, frozenset({"product-copy"})),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """Something that somebody asks: a golden case's inputs, and what a good answer would be."""

    inputs: Mapping[str, str]
    category: str
    locale: str
    answer: str
    tokens: int


@cache
def samples(feature: str) -> Mapping[str, Sequence[Sample]]:
    """By language."""
    found: dict[str, list[Sample]] = {}
    for file in sorted((content.FOLDER / "datasets").glob(f"{feature}*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            one = _sample(json.loads(line))
            found.setdefault(one.locale, []).append(one)
    return found


def _sample(case: Mapping[str, object]) -> Sample:
    inputs = {name: str(text) for name, text in dict(case["inputs"]).items()}  # type: ignore[call-overload]  # JSON
    said = case.get("expected")
    answer = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False) if said else ""
    size = sum(estimate(text) for text in inputs.values())
    return Sample(inputs, str(case["category"]), str(case["locale"]), answer, size)


def features(shop: Shop, known: Sequence[str]) -> tuple[list[str], list[int]]:
    """What the shop calls of the features that are there, with weights."""
    named = [name for name in MIX if name in known and name not in shop.without]
    return named, [MIX[name] for name in named]


def ask(feature: str, shop: Shop, draw: Random) -> Sample:
    """A question in one of the shop's languages; some are asked again and again."""
    of = samples(feature)
    language = draw.choices(list(shop.languages), list(shop.languages.values()))[0]
    rows = of.get(language) or of["en"]
    if draw.random() < REPEATED.get(feature, 0.0):
        return rows[draw.randrange(min(4, len(rows)))]
    return rows[draw.randrange(len(rows))]


def moment(draw: Random) -> float:
    """Seconds after midnight, as the hours of a day are busy."""
    return (draw.choices(range(24), HOURS)[0] + draw.random()) * 3600
