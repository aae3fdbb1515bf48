"""The spend of a period: by day, by tenant and feature, against the one before, and what caching saved."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDay, TruncHour

from aiops.budgets import queries as budgets
from aiops.budgets.queries import Standing
from aiops.catalog import queries as catalog
from aiops.core import charts, clock
from aiops.core.charts import Chart, Series
from aiops.core.money import ZERO
from aiops.dashboards import sums
from aiops.dashboards.periods import Span
from aiops.dashboards.sums import Figures, rollups
from aiops.gateway.models import INTERNAL_ARM
from aiops.monitoring.marks import marks

PURPOSES = {
    "embedding": "embeddings",
    "evaluation": "evaluations",
    "judge": "judges",
    "pairwise": "comparisons",
    "playground": "the playground",
    "shadow": "checks of the cache",
    "both": "the router’s other model",
}
GROUPS = {"tenant": "tenant", "feature": "feature", "model": "model"}


@dataclass(slots=True)
class Row:
    """What a tenant spent on a feature, or on all of them (`feature` ""); `before`: in the period before."""

    tenant: str
    feature: str
    figures: Figures
    before: Decimal = ZERO
    standing: Standing | None = None

    @property
    def change(self) -> float | None:
        """As a share of the period before; None where there was nothing."""
        return float(self.figures.cost / self.before - 1) if self.before else None


@dataclass(slots=True)
class Tenant:
    whole: Row
    features: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Saved:
    """`amount` in USD for `hits` calls; `unknown` hits have nothing to compare with and count as nothing."""

    amount: Decimal
    hits: int
    unknown: int


def tenants(span: Span) -> list[Tenant]:
    """Tenants with their features, who spent most first; in four queries."""
    now = sums.figures(rollups(span.begins, span.ends), "tenant", "feature")
    before = _costs(span.before, span.compared_until)
    standing = _standings()
    found: dict[str, Tenant] = {}
    for (tenant, feature), spent in sorted(now.items(), key=lambda item: -item[1].cost):
        row = Row(
            tenant, feature, spent, before.get((tenant, feature), ZERO), standing.get((tenant, feature))
        )
        if tenant not in found:
            found[tenant] = Tenant(Row(tenant, "", Figures(), standing=standing.get((tenant, None))))
        found[tenant].features.append(row)
    for name, tenant_ in found.items():
        tenant_.whole.figures = sums.total(row.figures for row in tenant_.features)
        tenant_.whole.before = sum((cost for (one, _), cost in before.items() if one == name), ZERO)
    return sorted(found.values(), key=lambda one: -one.whole.figures.cost)


def _costs(since: datetime, until: datetime) -> dict[tuple[str, str], Decimal]:
    rows = rollups(since, until).order_by().values_list("tenant", "feature").annotate(cost=Sum("cost"))
    return {(tenant, feature): cost for tenant, feature, cost in rows}


def _standings() -> dict[tuple[str | None, str | None], Standing]:
    """The budget that counts for each tenant and feature: the monthly one, else the daily one."""
    found = {}
    for one in sorted(budgets.standings(budgets.budgets()), key=lambda one: one.budget.period):
        tenant, feature = one.budget.tenant, one.budget.feature
        found[tenant.slug if tenant else None, feature.slug if feature else None] = one
    return found


def whole(rows: Iterable[Tenant], before: Decimal) -> Row:
    """All tenants together, against what all of them spent `before`."""
    return Row("", "", sums.total(one.whole.figures for one in rows), before)


def spent_before(span: Span) -> Decimal:
    """Of the period before, as far into it as this one is."""
    return rollups(span.before, span.compared_until).aggregate(sum=Sum("cost"))["sum"] or ZERO


def simulated(span: Span) -> bool:
    """Whether some of the period's money is only played: it was "spent" with a simulated vendor."""
    played = catalog.simulated_models().values("name")
    return rollups(span.begins, span.ends).filter(model__in=played).exists()


def own_work(span: Span) -> list[tuple[str, Decimal]]:
    """What the tenant `internal` paid without the gateway, in words and USD, the dearest first."""
    rows = rollups(span.begins, span.ends, arm=INTERNAL_ARM).order_by().values_list("served_by")
    found = [(PURPOSES.get(purpose, purpose), cost) for purpose, cost in rows.annotate(cost=Sum("cost"))]
    return sorted(found, key=lambda one: -one[1])


def saved(span: Span) -> Saved:
    """What hits of the cache would have cost: as much as the answered misses of the feature on that model do
    on average in the same period. The sums by the hour don't know the original call of each hit.
    """
    fresh = Q(cache="miss", outcome="answered")
    rows = (
        rollups(span.begins, span.ends)
        .order_by()
        .values("feature", "model")
        .annotate(
            hits=Sum("calls", filter=Q(outcome="cached")),
            asked=Sum("calls", filter=fresh),
            cost=Sum("cost", filter=fresh),
            hours=Count("hour"),
        )
    )
    amount, hits, unknown = ZERO, 0, 0
    for row in rows:
        count = row["hits"] or 0
        hits += count
        if row["asked"]:
            amount += count * row["cost"] / row["asked"]
        else:
            unknown += count
    return Saved(amount, hits, unknown)


def by_time(span: Span, group: str) -> Chart:
    """Bars of the period, stacked by tenant, feature or model; in two queries."""
    column = GROUPS.get(group, "tenant")
    trunc = TruncHour if span.kind == "day" else TruncDay
    rows = (
        rollups(span.begins, span.ends)
        .order_by()
        .annotate(place=trunc("hour", tzinfo=UTC))
        .values(column, "place")
    )
    costs: dict[str, dict[datetime, Decimal]] = defaultdict(dict)
    for row in rows.annotate(cost=Sum("cost")):
        costs[row[column] or "no model"][row["place"]] = row["cost"]
    return charts.bars(
        "spend",
        f"Spend per {'hour' if span.kind == 'day' else 'day'} by {column}",
        _series(costs, span.places(clock.now())),
        note="USD, days in UTC." + (" The last one is not complete." if span.running else ""),
        marks=marks(span.begins, span.ends),
        y_format="$,.2~f",
    )


def _series(costs: Mapping[str, Mapping[datetime, Decimal]], places: list[datetime]) -> list[Series]:
    ranked = sorted(costs, key=lambda name: -sum(costs[name].values()))
    return [
        Series(name, places, [round(float(costs[name].get(at, 0)), 6) for at in places]) for name in ranked
    ]


COLUMNS = (
    "tenant",
    "feature",
    "calls",
    "cost_usd",
    "worst_cases_usd",
    "cached_calls",
    "before_usd",
    "budget_usd",
)


def cells(rows: Iterable[Tenant]) -> Iterable[list[Any]]:
    """Tenant × feature, for a file."""
    for tenant in rows:
        for row in tenant.features:
            spent = row.figures
            limit = row.standing.budget.amount if row.standing else None
            yield [
                row.tenant, row.feature, spent.calls, spent.cost, spent.unaccounted, spent.hits, row.before,
                limit,
            ]  # fmt: skip  # short names, packed: they would fill the page
