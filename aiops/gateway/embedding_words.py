"""Who makes vectors, in words: what is in force, what is stored, what another model would cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from aiops.catalog import queries as catalog
from aiops.catalog.models import Model, Price, Provider, per_million
from aiops.catalog.pricing import TOKENS_PER_MESSAGE, rates
from aiops.core.money import usd
from aiops.embeddings import queries
from aiops.embeddings.models import HASHING, Change, Choice, Use
from aiops.gateway.reembedding.targets import TARGETS

PURPOSES: Mapping[str, str] = {
    Use.KNOWLEDGE: "Finds passages of documents that say the same in other words.",
    Use.CACHE: "Finds questions that were answered before, in other words.",
    Use.ROUTER: "What a router reads of a question, from its next training on.",
    Use.GROUNDING: "Whether a sentence of an answer means what a passage says.",
}
CONSEQUENCES: Mapping[str, str] = {
    Use.KNOWLEDGE: (
        "Searches go by the old vectors until the new are complete. Then every feature's revision rises, "
        "so that no answer of before comes from the cache. Measure anew below which score the documents "
        "hold no answer."
    ),
    Use.CACHE: (
        "Lookups go by the old vectors until the new ones are complete. Then every feature's threshold is "
        "learnt again from nothing: until checks have proven one, no question in other words is served."
    ),
    Use.ROUTER: (
        "Routers in force go on with what they were trained with. Each is trained again by the new vectors; "
        "its thresholds by category are learnt with it, and somebody turns the new version on."
    ),
    Use.GROUNDING: (
        "Nothing is stored, so the next answer is checked by the new vectors. A policy's number for “so much "
        "alike in meaning” was set for the old ones: set it again."
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A use as the page shows it. `texts` are stored, `made` of them have a vector of what is in force."""

    use: Use
    choice: Choice | None
    change: Change | None
    texts: int
    made: int

    @property
    def purpose(self) -> str:
        return PURPOSES[self.use]

    @property
    def embedder(self) -> str:
        return str(self.choice.space) if self.choice and self.choice.space else HASHING

    @property
    def chip(self) -> tuple[str, str, str]:
        """Kind, icon and word."""
        if self.change is not None and self.change.is_active:
            return "accent", "clock", "Being changed"
        if self.change is not None and self.change.state == Change.State.FAILED:
            return "warn", "warn", "Change failed"
        if self.choice is None or self.choice.space is None:
            return "neutral", "dot", "No model"
        if self.made < self.texts:
            return "accent", "clock", f"{self.texts - self.made:,} wait"
        return "good", "ok", "In force"


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that may be asked; `most` is what all texts of the use cost at most, in USD."""

    model: Model
    price: Price
    most: Decimal

    def __str__(self) -> str:
        return (
            f"{self.model.name}: {per_million(self.price.input)} per million tokens, at most {usd(self.most)}"
        )


def rows() -> list[Row]:
    """Every use."""
    return [_row(use, choice, change) for use, choice, change in queries.choices()]


def offers(size: int, texts: int) -> list[Offer]:
    """Models with a price, for so many bytes in so many texts; those that are named for it come first."""
    tokens = size + texts * TOKENS_PER_MESSAGE
    models = list(catalog.priced_models().exclude(provider__kind=Provider.Kind.ANTHROPIC))
    found = [
        Offer(model, price, tokens * rates(price).input)
        for model, price, _ in catalog.priced(models)
        if price
    ]
    return sorted(found, key=lambda one: ("embed" not in one.model.vendor_name.lower(), one.model.name))


def _row(use: Use, choice: Choice | None, change: Change | None) -> Row:
    target = TARGETS[use]
    space = choice.space_id if choice else None
    texts = target.count()
    return Row(use, choice, change, texts, target.counted(space) if space else texts)
