"""What a policy would bring in a week like the last one; nothing is drawn.

From the last calls, scaled to the week's. Which questions are new is not looked at here: by its limit about
one call in fifty is.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from aiops.core import clock
from aiops.features.models import Feature
from aiops.reviews.models import TAIL, Stratum
from aiops.reviews.sampling import reading
from aiops.reviews.sampling.chance import chance
from aiops.reviews.sampling.novelty import LEAST, STRANGE
from aiops.reviews.sampling.shares import Week, batch_shares
from aiops.reviews.sampling.strata import stratum_of, traits

LAST = 2_000  # calls that are looked at
SPAN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Line:
    """A stratum in a week: its calls, the share asked for and the one there is room for, its items."""

    stratum: Stratum
    calls: int
    asked: float
    share: float
    items: float


@dataclass(frozen=True, slots=True)
class Preview:
    lines: list[Line]
    calls: int
    items: float

    @property
    def is_cut(self) -> bool:
        """Whether the week has no room for all that is asked for."""
        return any(line.calls and line.share < line.asked - 1e-9 for line in self.lines)


def preview(
    feature: Feature, *, base: float, shares: Mapping[str, float], items_per_week: int, weekly_minimum: int
) -> Preview:
    """In a constant number of questions."""
    counts, calls = _counts(feature.slug, base, shares)
    found = batch_shares(counts, shares, base, Week(items_per_week, weekly_minimum))
    lines = [
        Line(stratum, counts[stratum], asked, share, counts[stratum] * share)
        for stratum in (Stratum.RANDOM, *TAIL)
        if (asked := base if stratum == Stratum.RANDOM else shares.get(stratum, 0.0)) or counts[stratum]
        for share in [found.get(stratum, 0.0 if counts[stratum] else asked)]
    ]
    return Preview(lines, calls, sum(line.items for line in lines))


def _counts(slug: str, base: float, shares: Mapping[str, float]) -> tuple[Counter[Stratum], int]:
    """Calls of a week by stratum, and all of them."""
    now = clock.now()
    calls = reading.hours_counted(slug, now - SPAN, now)
    last = reading.seen(reading.eligible(slug).filter(at__gte=now - SPAN).order_by("-at")[:LAST])
    learnt = reading.learnt(slug, now - SPAN, now, now)
    if len(last) >= LEAST:
        new = {call.id for call in last if chance("a new topic", call.id) < STRANGE}
        learnt = replace(learnt, new_topic=new)
    usual = reading.usual(slug, now)
    found = Counter(stratum_of(traits(call, usual, learnt), shares, base) for call in last)
    calls = max(calls, len(last))
    return Counter({stratum: round(n * calls / len(last)) for stratum, n in found.items()}), calls
