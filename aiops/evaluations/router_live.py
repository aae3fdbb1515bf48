"""What a router in force does to live calls: what goes small, what it saves, what both models answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Sum

from aiops.catalog.pricing import cost
from aiops.catalog.queries import price_at
from aiops.core import clock
from aiops.core.intervals import Interval, wilson
from aiops.features.models import PolicyVersion
from aiops.gateway.models import INTERNAL_ARM, Call, Outcome, Rollup
from aiops.providers.protocol import Usage
from aiops.tenants.models import INTERNAL

if TYPE_CHECKING:
    from aiops.approaches.models import RouterVersion
    from aiops.evaluations.router_rule import Savings

DAYS = 28
MOST = 2_000  # calls that are read
MOST_PAIRS = 200
LEAST_SAMPLE = 30
_TOKENS = ("input", "cached_input", "cache_write", "output", "reasoning")
_READ = ("id", "at", "model", "category", "cost", *(f"{name}_tokens" for name in _TOKENS))


@dataclass(frozen=True, slots=True)
class Live:
    """Of `decided` calls that were read, `small` went to the small model.

    `savings` is None while no category has enough; it speaks for `covered` of `requests`. Of `pairs` calls
    that both models answered, `same` are the same word for word; None where texts are not kept.
    """

    decided: int
    small: int
    requests: int
    covered: int
    savings: Savings | None
    pairs: int
    same: Interval | None

    @property
    def share(self) -> Interval | None:
        return wilson(self.small, self.decided)


def live(version: RouterVersion) -> Live:
    """The last 28 days, or since it was turned on."""
    since = _since(version)
    decided = {"stage": "router", "facts": {"router": version.number}}
    rows = Call.objects.filter(feature=version.feature.slug, at__gte=since, outcome=Outcome.ANSWERED)
    calls = list(
        rows.filter(spans__contains=[decided]).exclude(tenant=INTERNAL).only(*_READ).order_by("-at")[:MOST]
    )
    counts = _requests(version, since)
    sampled = _samples(version, calls, counts)
    pairs, same = _pairs(version, since)
    return Live(
        decided=len(calls),
        small=sum(1 for call in calls if call.model == version.small.name),
        requests=sum(counts.values()),
        covered=sum(one.requests for one in sampled),
        savings=_savings(sampled),
        pairs=pairs,
        same=wilson(same, pairs),
    )


def _since(version: RouterVersion) -> datetime:
    wanted = {"settings__router__kind": "trained", "settings__router__version": version.number}
    rows = PolicyVersion.objects.filter(feature=version.feature, **wanted).order_by("number")
    begun = rows.values_list("at", flat=True).first() or clock.now()
    return max(begun, clock.now() - timedelta(days=DAYS))


def _requests(version: RouterVersion, since: datetime) -> dict[str, int]:
    """How many calls one of the two models answered, by category."""
    hour = since.replace(minute=0, second=0, microsecond=0)
    names = (version.small.name, version.large.name)
    rows = Rollup.objects.filter(
        feature=version.feature.slug, hour__gte=hour, model__in=names, outcome=Outcome.ANSWERED
    )
    rows = rows.exclude(arm=INTERNAL_ARM).exclude(tenant=INTERNAL)
    return dict(rows.order_by().values_list("category").annotate(Sum("calls")))


def _samples(version: RouterVersion, calls: list[Call], counts: dict[str, int]) -> list[Any]:
    """A sample for each category that has enough; all are priced as of now."""
    from aiops.evaluations.router_rule import Sample  # noqa: PLC0415 - scipy, which this page alone needs

    price = price_at(version.large, clock.now())
    if price is None:
        return []
    saved: dict[str, list[float]] = defaultdict(list)
    dear: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        usage = Usage(**{name: getattr(call, f"{name}_tokens") for name in _TOKENS})
        by_large = cost(usage, price)
        small = call.model == version.small.name
        saved[call.category].append(float(by_large - call.cost) if small else 0.0)
        dear[call.category].append(float(by_large))
    seen = Counter(call.category for call in calls)
    return [
        Sample(max(counts.get(name, 0), count), saved[name], dear[name])
        for name, count in seen.items()
        if count >= LEAST_SAMPLE
    ]


def _savings(samples: list[Any]) -> Savings | None:
    from aiops.evaluations import router_rule  # noqa: PLC0415 - as above

    return router_rule.savings(samples)


def _pairs(version: RouterVersion, since: datetime) -> tuple[int, int]:
    """How many calls both models answered, of the last ones, and how many alike."""
    rows = Call.objects.filter(
        feature=version.feature.slug, at__gte=since, tenant=INTERNAL, outcome=Outcome.ANSWERED
    )
    others = rows.filter(metadata__has_key="routes", output__isnull=False).order_by("-at")
    said = {
        row["metadata"]["routes"]: row["output"] for row in others.values("metadata", "output")[:MOST_PAIRS]
    }
    firsts = Call.objects.filter(at__gte=since - timedelta(minutes=15), id__in=said, output__isnull=False)
    pairs = [(output or "", said[call_id] or "") for call_id, output in firsts.values_list("id", "output")]
    return len(pairs), sum(one.split() == other.split() for one, other in pairs)
