"""Sums over the calls' hourly sums. Every dashboard reads these, none the calls themselves."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet, Sum

from aiops.core.latency import Quantile, quantile
from aiops.core.money import ZERO
from aiops.gateway.models import INTERNAL_ARM, Outcome, Rollup

ERRORS = ("timeout", "provider_error", "guardrail", "lost")  # what went wrong, other than by a decision
HIT = "hit"


@dataclass(slots=True)
class Figures:
    """Sums of calls that belong together; latency by bucket (STATISTICS j), money in USD."""

    calls: int = 0
    cost: Decimal = ZERO
    unaccounted: Decimal = ZERO
    hits: int = 0
    errors: int = 0
    overhead_ms: float = 0.0
    outcomes: dict[str, int] = field(default_factory=dict)
    latency: dict[int, int] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        self.calls += row["calls"]
        self.cost += row.get("cost") or ZERO
        self.unaccounted += row.get("unaccounted") or ZERO
        self.overhead_ms += row.get("overhead_ms") or 0.0
        self.hits += row["calls"] if row["cache"].startswith(HIT) else 0
        self.errors += row["calls"] if row["reason"] in ERRORS else 0
        self.outcomes[row["outcome"]] = self.outcomes.get(row["outcome"], 0) + row["calls"]

    def share(self, *outcomes: str) -> float | None:
        return sum(self.outcomes.get(one, 0) for one in outcomes) / self.calls if self.calls else None

    @property
    def fallback_share(self) -> float | None:
        return self.share("degraded", "queued")

    @property
    def error_share(self) -> float | None:
        """The share in which something went wrong, whether a fallback answered or not."""
        return self.errors / self.calls if self.calls else None

    @property
    def hit_share(self) -> float | None:
        return self.hits / self.calls if self.calls else None

    @property
    def cost_per_call(self) -> Decimal | None:
        return self.cost / self.calls if self.calls else None

    @property
    def overhead(self) -> float | None:
        return self.overhead_ms / self.calls if self.calls else None

    @property
    def p50(self) -> Quantile:
        return quantile(self.latency, 0.5)

    @property
    def p95(self) -> Quantile:
        return quantile(self.latency, 0.95)

    @property
    def p99(self) -> Quantile:
        return quantile(self.latency, 0.99)

    @property
    def shares(self) -> list[tuple[str, str, str, str]]:
        """(outcome, word, where it begins, its width) of a bar of all outcomes, in percent, for SVG."""
        found, at = [], 0.0
        for outcome in Outcome:
            width = 100 * (self.share(outcome.value) or 0.0)
            if width:
                found.append((outcome.value, f"{outcome.label} {width:.1f} %", f"{at:.2f}%", f"{width:.2f}%"))
            at += width
        return found


def rollups(since: datetime, until: datetime | None = None, **equal: str) -> QuerySet[Rollup]:
    """Hours from `since` on and before `until`; an empty value narrows nothing."""
    rows = Rollup.objects.filter(hour__gte=since, **{name: value for name, value in equal.items() if value})
    return rows.filter(hour__lt=until) if until else rows


def live_rollups(since: datetime, until: datetime | None = None, **equal: str) -> QuerySet[Rollup]:
    """As `rollups`, of calls alone: without evaluations, judges and tries, which are spend but no traffic."""
    return rollups(since, until, **equal).exclude(arm=INTERNAL_ARM)


def figures(rows: QuerySet[Rollup], *by: str) -> dict[tuple[Any, ...], Figures]:
    """The figures for each combination of the columns `by`, in one query; without latency."""
    columns = dict.fromkeys((*by, "outcome", "cache", "reason"))
    sums = {name: Sum(name) for name in ("calls", "cost", "unaccounted", "overhead_ms")}
    found: dict[tuple[Any, ...], Figures] = defaultdict(Figures)
    for row in rows.order_by().values(*columns).annotate(**sums):
        found[tuple(row[name] for name in by)].add(row)
    return dict(found)


_LATENCY = """
SELECT {columns}, place.key::int, sum(place.value::bigint)::bigint
FROM ({rows}) AS rollup, jsonb_each_text(rollup.latency) AS place GROUP BY {groups}
"""


def latencies(rows: QuerySet[Rollup], *by: str) -> dict[tuple[Any, ...], dict[int, int]]:
    """The latency histogram for each combination of the columns `by`, in one query."""
    inner, values = rows.order_by().values_list(*by, "latency").query.sql_with_params()
    columns = ", ".join(f"rollup.{connection.ops.quote_name(name)}" for name in by)
    groups = ", ".join(str(number) for number in range(1, len(by) + 2))
    statement = _LATENCY.format(columns=columns or "1", rows=inner, groups=groups if by else "1, 2")
    found: dict[tuple[Any, ...], dict[int, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        for *key, place, count in cursor.fetchall():
            found[tuple(_aware(part) for part in key) if by else ()][place] = count
    return dict(found)


def _aware(part: Any) -> Any:
    """Moments that the database truncated in UTC come without their zone."""
    return part.replace(tzinfo=UTC) if isinstance(part, datetime) and part.tzinfo is None else part


def with_latency(rows: QuerySet[Rollup], *by: str) -> dict[tuple[Any, ...], Figures]:
    """As `figures`, with latency, in two queries."""
    found = figures(rows, *by)
    for key, counts in latencies(rows, *by).items():
        found[key].latency = counts
    return found


def total(parts: Iterable[Figures]) -> Figures:
    """All of them together, latency too."""
    whole = Figures()
    for part in parts:
        whole.calls += part.calls
        whole.cost += part.cost
        whole.unaccounted += part.unaccounted
        whole.hits += part.hits
        whole.errors += part.errors
        whole.overhead_ms += part.overhead_ms
        for outcome, count in part.outcomes.items():
            whole.outcomes[outcome] = whole.outcomes.get(outcome, 0) + count
        for place, count in part.latency.items():
            whole.latency[place] = whole.latency.get(place, 0) + count
    return whole


def spent(since: datetime, *, tenant: str = "", feature: str = "") -> Decimal:
    """What calls have cost since then, in USD."""
    found: Decimal | None = rollups(since, tenant=tenant, feature=feature).aggregate(sum=Sum("cost"))["sum"]
    return found or ZERO
