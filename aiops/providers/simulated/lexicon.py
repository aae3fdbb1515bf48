"""The words that the skills know, one file per language, and the questions they ask of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import regex
import yaml

from aiops.providers.simulated.language import CODES

_FOLDER = Path(__file__).parent / "lexicon"
_ORDER = regex.compile(r"(?<![A-Za-z0-9])[A-Z]{2,3}-\d{4,}(?!\d)")


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that customers write about: its category, and what is said of it in a summary."""

    name: str
    category: str
    patterns: tuple[regex.Pattern[str], ...]
    gist: str

    def strength(self, text: str) -> int:
        """In how many of its ways the text speaks of it; a pattern found more than once counts once."""
        return sum(pattern.search(text) is not None for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Lexicon:
    language: str
    concepts: tuple[Concept, ...]
    category_words: Mapping[str, regex.Pattern[str]]
    products: Mapping[str, tuple[regex.Pattern[str], str]]
    requests: Mapping[str, tuple[regex.Pattern[str], str]]
    moods: Mapping[str, regex.Pattern[str]]
    phrases: Mapping[str, Any]

    def concepts_in(self, text: str) -> list[Concept]:
        """The concepts that `text` speaks of, the strongest first."""
        found = [(strength, concept) for concept in self.concepts if (strength := concept.strength(text))]
        return [
            concept for _, concept in sorted(found, key=lambda item: -self._weight(item[0], item[1], text))
        ]

    def _weight(self, strength: int, concept: Concept, text: str) -> float:
        words = self.category_words.get(concept.category)
        return strength + (0.4 if words and words.search(text) else 0)

    def categories_in(self, text: str) -> list[str]:
        """The categories of those concepts, then those of which only a word stands there."""
        strong = [concept.category for concept in self.concepts_in(text)]
        weak = [name for name, words in self.category_words.items() if words.search(text)]
        return list(dict.fromkeys([*strong, *weak]))

    def product_in(self, text: str) -> str:
        """The first appliance named in `text`, else the language's word for any appliance."""
        found = [
            (match.start(), word)
            for pattern, word in self.products.values()
            if (match := pattern.search(text))
        ]
        return min(found)[1] if found else str(self.phrases["appliance"])

    def request_in(self, text: str) -> str:
        """What the customer wants, as a sentence; the last wish in the text counts. Empty for none."""
        found = [
            (match.start(), sentence)
            for pattern, sentence in self.requests.values()
            for match in pattern.finditer(text)
        ]
        return max(found)[1] if found else ""

    def mood_of(self, text: str) -> str:
        """Positive, negative or neutral, by the strong words; "not angry" counts for nothing."""
        calm = self.moods["denied"].sub(" ", text)
        bad, good = (len(self.moods[mood].findall(calm)) for mood in ("negative", "positive"))
        return "negative" if bad > good else "positive" if good > bad else "neutral"


def order_in(text: str) -> str:
    """The first order number ("HK-482137") in `text`, else nothing."""
    match = _ORDER.search(text)
    return match.group() if match else ""


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of one of the five languages; English for any other."""
    code = language if language in CODES.values() else "en"
    raw = yaml.safe_load((_FOLDER / f"{code}.yaml").read_text(encoding="utf-8"))
    return Lexicon(
        language=code,
        concepts=tuple(
            Concept(name, category, tuple(_compiled(p) for p in entry["is"]), entry["gist"])
            for category, concepts in raw["concepts"].items()
            for name, entry in concepts.items()
        ),
        category_words={name: _compiled(words) for name, words in raw["category_words"].items()},
        products={name: (_compiled(words), noun) for name, (words, noun) in raw["products"].items()},
        requests={name: (_compiled(words), sentence) for name, (words, sentence) in raw["requests"].items()},
        moods={name: _compiled(words) for name, words in raw["moods"].items()},
        phrases=raw["phrases"],
    )


def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern, regex.IGNORECASE)
