"""Spend: what a period cost, by whom, and why."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from aiops.accounts.access import SignedInRequest, requires
from aiops.accounts.permissions import Permission
from aiops.budgets import queries as budgets
from aiops.core import clock
from aiops.core.exports import stream_csv
from aiops.core.pages import asked, paginate
from aiops.dashboards import periods, spending
from aiops.tenants.models import INTERNAL

TENANTS = 20  # on a page
SHOWN_BUDGETS = 8


def _span(request: SignedInRequest) -> periods.Span:
    return periods.span(asked(request, "kind") or "month", asked(request, "on"), clock.now())


@requires(Permission.SPEND_VIEW)
@require_GET
def spend(request: SignedInRequest) -> HttpResponse:
    span, group = _span(request), asked(request, "group") or "tenant"
    tenants = spending.tenants(span)
    standings = budgets.standings(budgets.budgets())
    context = {
        "span": span,
        "kinds": periods.KINDS,
        "group": group if group in spending.GROUPS else "tenant",
        "groups": tuple(spending.GROUPS),
        "page": paginate(request, tenants, TENANTS),
        "whole": spending.whole(tenants, spending.spent_before(span)),
        "internal": INTERNAL,
        "own_work": spending.own_work(span),
        "saved": spending.saved(span),
        "simulated": spending.simulated(span),
        "chart": spending.by_time(span, group),
        "standings": sorted(standings, key=lambda one: ("bad", "warn", "good").index(one.state))[
            :SHOWN_BUDGETS
        ],
        "budget_count": len(standings),
    }
    return render(request, "spend/spend.html", context)


@requires(Permission.SPEND_VIEW)
@require_GET
def spend_csv(request: SignedInRequest) -> HttpResponseBase:
    span = _span(request)
    rows = spending.cells(spending.tenants(span))
    return stream_csv(f"spend-{span.kind}-{span.on}.csv", spending.COLUMNS, rows)
