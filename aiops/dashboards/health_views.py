"""Health: latency, errors, fallbacks, the cache, and the gateway's processes."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from aiops.accounts.access import SignedInRequest, requires
from aiops.accounts.permissions import Permission
from aiops.budgets import queries as budgets
from aiops.core import clock
from aiops.core.exports import stream_csv
from aiops.core.pages import asked, paginate
from aiops.dashboards import health as health_of
from aiops.dashboards import sums
from aiops.monitoring.marks import marks

COLUMNS = (
    "feature", "model", "calls", "p50_ms", "p95_ms", "p99_ms", "errors", "degraded_or_queued", "refused",
    "cached",
)  # fmt: skip  # short names, packed: they would fill the page


@requires(Permission.HEALTH_VIEW)
@require_GET
def health(request: SignedInRequest) -> HttpResponse:
    feature = asked(request, "feature")
    window = health_of.window(asked(request, "range"), clock.now())
    rows = health_of.rows(window, feature)
    count, quarantined = health_of.quarantined()
    drawn = marks(window.since, window.until, feature)
    context = {
        "window": window,
        "ranges": [(key, word) for key, (word, _) in health_of.RANGES.items()],
        "page": paginate(request, rows),
        "whole": sums.total(figures for _, _, figures in rows),
        "latency": health_of.latency_chart(window, feature, drawn),
        "outcomes": health_of.outcome_chart(window, feature, drawn),
        "processes": health_of.processes(),
        "leases": budgets.lost_leases()[:20] if request.user.may(Permission.SPEND_VIEW) else (),
        "quarantined": quarantined,
        "quarantined_count": count,
    }
    return render(request, "dashboards/health.html", context)


@requires(Permission.HEALTH_VIEW)
@require_GET
def health_csv(request: SignedInRequest) -> HttpResponseBase:
    window = health_of.window(asked(request, "range"), clock.now())
    cells = (
        [
            feature,
            model,
            one.calls,
            one.p50.ms,
            one.p95.ms,
            one.p99.ms,
            one.errors,
            one.outcomes.get("degraded", 0) + one.outcomes.get("queued", 0),
            one.outcomes.get("refused", 0),
            one.hits,
        ]
        for feature, model, one in health_of.rows(window, asked(request, "feature"))
    )
    return stream_csv(f"health-{window.key}.csv", COLUMNS, cells)
