"""The audit page: who did what, when, from where, before and after; and whether the chain holds."""

import json
from collections.abc import Iterator

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, requires
from aiops.accounts.permissions import Permission
from aiops.audit import chain
from aiops.audit import queries as audit_queries
from aiops.audit.models import AuditEvent
from aiops.core import clock, toasts
from aiops.core.exports import stream_csv
from aiops.core.pages import page_or_fragment, paginate, wants_fragment
from aiops.dashboards import words
from aiops.dashboards.forms import AuditFilter

COLUMNS = (
    "id", "at", "actor_id", "actor", "action", "object_type", "object_id", "object", "feature", "before",
    "after", "reason", "origin",
)  # fmt: skip  # short names, packed: they would fill the page


@requires(Permission.AUDIT_VIEW)
@require_GET
def audit(request: SignedInRequest) -> HttpResponse:
    form = AuditFilter(request.GET)
    page = paginate(request, form.narrowed(AuditEvent.objects.all()))
    context = {
        "form": form,
        "page": page,
        "rows": [(event, words.sentence(event), words.changes(event)) for event in page],
        "actions": audit_actions(),
        "head": audit_queries.head(),
        "last": AuditEvent.objects.only("at").first(),
    }
    return page_or_fragment(request, "dashboards/audit.html", "dashboards/_audit_table.html", context)


def audit_actions() -> list[tuple[str, str]]:
    """Every kind of action that was ever recorded, with its words."""
    names = AuditEvent.objects.order_by("action").values_list("action", flat=True).distinct()
    return [(name, f"{name.split('.')[0]}: {words.verb(name)}") for name in names]


@requires(Permission.AUDIT_VIEW)
@require_GET
def audit_csv(request: SignedInRequest) -> HttpResponseBase:
    events = AuditFilter(request.GET).narrowed(AuditEvent.objects.all())
    return stream_csv("audit.csv", COLUMNS, _cells(events))


@requires(Permission.AUDIT_VIEW)
@require_POST
def verify(request: SignedInRequest) -> HttpResponse:
    """Check the whole chain now. It reads every event once, in one snapshot, and changes nothing."""
    report = chain.verify()
    if wants_fragment(request):
        context = {"report": report, "at": clock.now(), "head": audit_queries.head()}
        return render(request, "dashboards/_chain.html", context)
    if report.broken:
        toasts.failure(request, str(report))
    else:
        toasts.success(request, f"The chain is intact: {report.seq:,} events, each fits.")
    return redirect("dashboards:audit")


def _cells(events: QuerySet[AuditEvent]) -> Iterator[list[object]]:
    for event in events.iterator(chunk_size=2000):
        yield [
            event.pk, event.at.isoformat(), event.actor_id, event.actor_label, event.action,
            event.object_type, event.object_id, event.object_label, event.feature,
            _json(event.before), _json(event.after), event.reason, event.origin,
        ]  # fmt: skip  # short names, packed: they would fill the page


def _json(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
