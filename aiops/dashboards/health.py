"""How the features do: latency, errors, fallbacks, cache, per feature and model and over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models.functions import Now, TruncDay, TruncHour

from aiops.core import charts
from aiops.core.charts import Chart, Mark, Series
from aiops.core.latency import quantile
from aiops.dashboards import sums
from aiops.dashboards.sums import Figures, live_rollups
from aiops.flags.models import GatewayProcess
from aiops.flags.queries import LIVE, publication
from aiops.gateway.models import Outcome, Quarantined

RANGES = {
    "1h": ("1 hour", timedelta(hours=1)),
    "24h": ("24 hours", timedelta(hours=24)),
    "7d": ("7 days", timedelta(days=7)),
    "30d": ("30 days", timedelta(days=30)),
}
USUAL = "24h"
HOURLY_UP_TO = timedelta(days=8)  # above it a point is a day
OUTCOME_COLOURS = {
    "answered": "{good}", "cached": "{c2}", "degraded": "{warn}", "queued": "{c5}", "refused": "{bad}"
}  # fmt: skip  # pairs, read as a table


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` (a full hour) to now; `key` is what the URL says."""

    key: str
    since: datetime
    until: datetime

    @property
    def step(self) -> timedelta:
        return timedelta(hours=1) if self.until - self.since <= HOURLY_UP_TO else timedelta(days=1)

    @property
    def places(self) -> list[datetime]:
        """Where each point begins."""
        begin = self.since if self.step < timedelta(days=1) else self.since.replace(hour=0)
        count = int((self.until - begin) / self.step) + 1
        return [begin + number * self.step for number in range(count)]


def window(key: str, now: datetime) -> Window:
    chosen = key if key in RANGES else USUAL
    since = (now - RANGES[chosen][1]).replace(minute=0, second=0, microsecond=0)
    return Window(chosen, since, now)


def rows(looked_at: Window, feature: str = "") -> list[tuple[str, str, Figures]]:
    """(feature, model, figures), those with most calls first; in two queries."""
    found = sums.with_latency(live_rollups(looked_at.since, feature=feature), "feature", "model")
    ranked = sorted(found.items(), key=lambda item: (item[0][0], -item[1].calls))
    return [(name, model, figures) for (name, model), figures in ranked]


def latency_chart(looked_at: Window, feature: str = "", drawn: Sequence[Mark] = ()) -> Chart:
    """p95 and p50 over time, in two queries. A point that rests on too few calls is a hole."""
    trunc = TruncHour if looked_at.step < timedelta(days=1) else TruncDay
    found = sums.latencies(
        live_rollups(looked_at.since, feature=feature).annotate(place=trunc("hour", tzinfo=UTC)).order_by(),
        "place",
    )
    places = looked_at.places
    series = [
        Series(name, places, [_at(found.get((at,), {}), q) for at in places])
        for name, q in (("p95", 0.95), ("p50", 0.5))
    ]
    return charts.line(
        "latency",
        "Latency",
        series if found else [],
        note="Milliseconds, cached and refused calls too. p95 needs 100 calls in a point, p50 needs 10.",
        marks=drawn,
        y_format=",.0f",
    )


def _at(counts: dict[int, int], q: float) -> float | None:
    found = quantile(counts, q)
    return round(found.ms, 1) if found.ms is not None and found.enough else None


def outcome_chart(looked_at: Window, feature: str = "", drawn: Sequence[Mark] = ()) -> Chart:
    """Calls by outcome over time, in two queries."""
    trunc = TruncHour if looked_at.step < timedelta(days=1) else TruncDay
    rows_ = live_rollups(looked_at.since, feature=feature).annotate(place=trunc("hour", tzinfo=UTC))
    found = sums.figures(rows_, "place")
    places = looked_at.places
    series = [
        Series(
            one.label,
            places,
            [_count(found, at, one.value) for at in places],
            colour=OUTCOME_COLOURS[one.value],
        )
        for one in Outcome
        if any(part.outcomes.get(one.value) for part in found.values())
    ]
    return charts.bars(
        "outcomes",
        "Calls by outcome",
        series,
        note=f"Per {'hour' if looked_at.step < timedelta(days=1) else 'day'}, in UTC.",
        marks=drawn,
        y_format=",.0f",
    )


def _count(found: dict[tuple[datetime, ...], Figures], at: datetime, outcome: str) -> float:
    part = found.get((at,))
    return float(part.outcomes.get(outcome, 0)) if part else 0.0


@dataclass(frozen=True, slots=True)
class Process:
    """A gateway as it last said; `behind`: revisions that it does not know yet."""

    process: GatewayProcess
    live: bool
    behind: int


def processes() -> list[Process]:
    """All that were seen within a day, by the database's clock, in two queries."""
    published = publication()
    revision = published.revision if published else 0
    found = GatewayProcess.objects.annotate(now=Now()).order_by("host", "instance")
    return [Process(one, one.now - one.seen_at < LIVE, max(0, revision - one.revision)) for one in found]


def quarantined(limit: int = 10) -> tuple[int, list[Quarantined]]:
    """How many records Postgres refused, and the newest of them."""
    return Quarantined.objects.count(), list(Quarantined.objects.all()[:limit])
