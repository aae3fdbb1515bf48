"""Named questions about a feature's cache: hits, checks, thresholds, what a purge would remove."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Case, Count, FloatField, Min, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from aiops.core import clock
from aiops.core.money import ZERO
from aiops.features.models import Feature
from aiops.gateway.models import (
    INTERNAL_ARM,
    CacheEntry,
    Outcome,
    Rollup,
    SemanticCheck,
    SemanticEntry,
    SemanticThreshold,
)
from aiops.gateway.semantic.threshold import GRID, Bin

DAYS = 7  # of hits and money
WINDOW = timedelta(days=28)  # of checks
SHADOW = "shadow"
MOST = 50_000  # answers of one purge


@dataclass(frozen=True, slots=True)
class Hits:
    """Calls of the last days that asked the cache; USD: what hits would have cost, and checks did."""

    exact: int = 0
    semantic: int = 0
    missed: int = 0
    saved: Decimal = ZERO
    checked: Decimal = ZERO

    @property
    def asked(self) -> int:
        return self.exact + self.semantic + self.missed

    @property
    def exact_share(self) -> float:
        return self.exact / max(1, self.asked)

    @property
    def semantic_share(self) -> float:
        return self.semantic / max(1, self.asked)


@dataclass(frozen=True, slots=True)
class Purge:
    """Answers that a pattern finds, and some of their questions."""

    keys: list[bytes]
    questions: list[str]


def checked_features() -> "QuerySet[Feature]":
    """Those whose answers were checked lately."""
    since = clock.now() - WINDOW
    slugs = SemanticCheck.objects.filter(at__gt=since).order_by().values("feature").distinct()
    return Feature.objects.filter(slug__in=slugs).order_by("slug")


def thresholds(feature: str) -> "QuerySet[SemanticThreshold]":
    """The history, the newest first."""
    return SemanticThreshold.objects.filter(feature=feature)


def begun(latest: SemanticThreshold | None) -> datetime:
    """From when on checks count: what was switched off begins anew."""
    off = latest is not None and latest.threshold is None
    return max(clock.now() - WINDOW, latest.at) if latest is not None and off else clock.now() - WINDOW


def bins(feature: str, since: datetime, space: int = 0) -> list[Bin]:
    """The checks since then, by likeness in the space (its id; 0: hashing)."""
    at = Case(
        *[When(similarity__gte=one, then=Value(one)) for one in reversed(GRID)], output_field=FloatField()
    )
    checks = SemanticCheck.objects.filter(
        feature=feature, space=space, at__gt=since, at__lt=_settled(feature)
    )
    rows = checks.filter(similarity__gte=GRID[0]).order_by()
    counted = (
        rows.annotate(bin=at).values("bin").annotate(n=Count("id"), wrong=Count("id", Q(equivalent=False)))
    )
    return [Bin(one["bin"], one["n"], one["wrong"]) for one in counted]


def _settled(feature: str) -> Coalesce:
    """Until when all checks are decided: beyond one that waits for its judge some are left out."""
    first = waiting(feature).order_by().values("feature").annotate(first=Min("at")).values("first")
    return Coalesce(Subquery(first), Value(clock.now() + timedelta(days=1)))


def waiting(feature: str) -> "QuerySet[SemanticCheck]":
    """Checks that words did not settle, and the judge has not yet; the oldest first."""
    rows = SemanticCheck.objects.filter(feature=feature, judged=SemanticCheck.Judged.WAITING)
    return rows.order_by("at", "id")


def wrong_pairs(feature: str, most: int = 10) -> "QuerySet[SemanticCheck]":
    """The last answers that a fresh one did not bear out."""
    wrong = SemanticCheck.objects.filter(feature=feature, equivalent=False)
    return wrong.exclude(judged=SemanticCheck.Judged.WAITING)[:most]


def hits(feature: str) -> Hits:
    """In one query."""
    since = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    rows = Rollup.objects.filter(feature=feature, hour__gte=since).order_by()
    keys = ("cache", "outcome", "arm", "served_by")
    summed = list(rows.values(*keys).annotate(n=Sum("calls"), usd=Sum("cost")))
    live = [row for row in summed if row["arm"] != INTERNAL_ARM]
    counts = {state: sum(row["n"] for row in live if row["cache"] == state) for state in _STATES}
    fresh = [row for row in live if row["cache"] == "miss" and row["outcome"] == Outcome.ANSWERED]
    answers = sum(row["n"] for row in fresh)
    each = sum((row["usd"] for row in fresh), ZERO) / answers if answers else ZERO
    own = (row["usd"] for row in summed if row["arm"] == INTERNAL_ARM and row["served_by"] == SHADOW)
    exact, semantic, missed = (counts[state] for state in _STATES)
    return Hits(exact, semantic, missed, each * (exact + semantic), sum(own, ZERO))


_STATES = ("hit-exact", "hit-semantic", "miss")


def purge(feature: str, pattern: str) -> Purge:
    """What `pattern` finds in answers and in the questions that are known; `*` stands for anything."""
    wanted = ".*".join(re.escape(part) for part in pattern.split("*"))
    asked = SemanticEntry.objects.filter(feature=feature, question__iregex=wanted)
    said = CacheEntry.objects.filter(feature=feature, text__iregex=wanted)
    keys = {bytes(key) for rows in (asked, said) for key in rows.values_list("key", flat=True)[:MOST]}
    some = SemanticEntry.objects.filter(feature=feature, key__in=sorted(keys)[:1000]).order_by("-at")
    return Purge(sorted(keys)[:MOST], list(some.values_list("question", flat=True)[:10]))
