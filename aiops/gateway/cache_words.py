"""A feature's semantic cache in words: what is proven, and what is still missing."""

from dataclasses import dataclass

from aiops.core import figures
from aiops.embeddings import queries as embeddings
from aiops.embeddings.models import Space, Use
from aiops.features.policy import CachePolicy
from aiops.gateway import cache_queries
from aiops.gateway.models import SemanticThreshold
from aiops.gateway.semantic.threshold import GRID, Decision, Rate, decide, false_hit_rate, from_on


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the vectors of `space`; None: hashing.

    `latest` None: nothing was ever decided of them. `checks` and `false` are at the threshold and above it.
    """

    policy: CachePolicy
    space: Space | None
    latest: SemanticThreshold | None
    decision: Decision
    checks: int
    false: int

    @property
    def threshold(self) -> float | None:
        """From where on answers may be served."""
        return self.latest.threshold if self.latest else None

    @property
    def rate(self) -> Rate:
        return false_hit_rate(self.false, self.checks)

    @property
    def enough(self) -> bool:
        return self.checks >= self.decision.needed

    @property
    def chip(self) -> tuple[str, str, str]:
        """Kind, icon and word."""
        if not self.policy.on or self.policy.semantic == "off":
            return "neutral", "power", "Off"
        if self.policy.semantic == "shadow":
            return "accent", "eye", "Shadow only"
        if self.threshold is None:
            return "accent", "eye", "Collecting"
        return "good", "ok", f"Served from {self.threshold:.2f}"

    @property
    def said(self) -> str:
        """As STATISTICS g prints it."""
        needed = self.decision.needed
        if not self.enough:
            return f"Collecting, {figures.count(self.checks)} of {figures.count(needed)} checks."
        rate = self.rate
        counted = f"{figures.count(self.false)} of {figures.count(self.checks)} checked"
        shown = f"False hits {100 * (rate.rate or 0):.1f} % ({100 * rate.low:.1f}–{100 * rate.high:.1f})"
        proven = f"{shown}, {counted}; at most {100 * rate.upper:.1f} %."
        if self.threshold is None and self.decision.smallest_ok is None:
            return f"{proven} No likeness is proven to keep them below {100 * self.policy.most_false:g} %."
        return proven

    @property
    def lower(self) -> float | None:
        """A lower threshold that the checks bear out: it is never taken by itself."""
        ok = self.decision.smallest_ok
        return ok if ok is not None and self.threshold is not None and ok < self.threshold else None


def standing(feature: str, policy: CachePolicy) -> Standing:
    """In three queries."""
    space = embeddings.in_force(Use.CACHE)
    number = space.pk if space else 0
    latest = cache_queries.thresholds(feature).filter(space=number).first()
    found = cache_queries.bins(feature, cache_queries.begun(latest), number)
    current = latest.threshold if latest is not None and latest.threshold is not None else GRID[0]
    return Standing(
        policy, space, latest, decide(current, found, policy.most_false), *from_on(current, found)
    )
