"""The calls behind a flag and a stop: of the last minutes, today, and under way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, FloatField, Sum
from django.db.models.functions import Coalesce

from aiops.budgets.periods import period_of
from aiops.core import clock
from aiops.dashboards.sums import live_rollups
from aiops.flags import queries as flags
from aiops.gateway import queries as gateway

LATELY = timedelta(minutes=5)
SCOPES = ("tenant", "feature", "model")  # a stop of everything has none of them


@dataclass(frozen=True, slots=True)
class Flow:
    """Calls of the last five minutes, of the day (UTC), and how many were under way at a time."""

    lately: int = 0
    today: int = 0
    under_way: float = 0.0

    @property
    def about(self) -> int:
        """Calls under way, whole: one where there are some at all."""
        return max(1, round(self.under_way)) if self.under_way else 0


@dataclass(frozen=True, slots=True)
class Traffic:
    """By feature. `waiting` records stand in the gateways' spools and are not counted yet."""

    found: dict[str, Flow]
    waiting: int


def of_features(slugs: Iterable[str]) -> Traffic:
    """In three queries."""
    names = list(slugs)
    midnight, _ = period_of("day", clock.now())
    today = live_rollups(midnight).filter(feature__in=names).order_by().values_list("feature")
    counts = dict(today.annotate(n=Sum("calls")))
    rows = gateway.calls(clock.now() - LATELY, feature__in=names).order_by().values_list("feature")
    lately = {feature: (n, ms) for feature, n, ms in rows.annotate(Count("id"), Sum("latency_ms"))}
    found = {}
    for name in names:
        n, ms = lately.get(name, (0, 0.0))
        found[name] = Flow(n, counts.get(name, 0), _at_once(ms))
    return Traffic(found, waiting())


def of_stop(scope: str, target: str) -> Flow:
    """What a stop of this would hold back: by the calls of the last five minutes."""
    rows = gateway.calls(clock.now() - LATELY)
    if scope in SCOPES:
        rows = rows.filter(**{scope: target})
    sums = rows.aggregate(n=Count("id"), ms=Coalesce(Sum("latency_ms"), 0.0, output_field=FloatField()))
    return Flow(sums["n"], 0, _at_once(sums["ms"]))


def waiting() -> int:
    """Records that live gateways have not stored yet."""
    return flags.live_processes().aggregate(n=Coalesce(Sum("spool_records"), 0))["n"] or 0


def _at_once(ms: float) -> float:
    """By Little's law: the time that calls spent here, over the time that was looked at."""
    return ms / (LATELY.total_seconds() * 1000)
