"""The explorer of calls, and one call. Who may not read texts sees all but them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from aiops.accounts.access import SignedInRequest, requires
from aiops.accounts.permissions import Permission
from aiops.catalog import queries as catalog
from aiops.core.exports import stream_csv
from aiops.core.pages import asked, page_or_fragment
from aiops.gateway import explained, queries
from aiops.gateway.bill import bill
from aiops.gateway.forms import CallFilter
from aiops.gateway.models import Call, Feedback, Ticket
from aiops.gateway.waterfall import waterfall

COLUMNS = (
    "id", "at", "tenant", "feature", "key", "locale", "category", "outcome", "reason", "served_by", "cache",
    "approach", "approach_name", "version_number", "arm", "model", "provider", "finish_reason",
    "input_tokens",
    "cached_input_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens", "cost", "unaccounted",
    "latency_ms", "overhead_ms", "stream", "revision", "ticket",
)  # fmt: skip  # short names, packed: they would fill the page
TEXTS = ("user", "inputs", "output")  # what callers and models wrote


@requires(Permission.SPEND_VIEW)
@require_GET
def call_list(request: SignedInRequest) -> HttpResponse:
    form, texts = CallFilter(request.GET), request.user.may(Permission.CALLS_VIEW)
    sends = texts and request.user.may(Permission.EVALUATIONS_RUN)
    context = {"form": form, "texts": texts, "sends": sends, "current_feature": asked(request, "feature")}
    try:
        found = queries.page(
            form.narrowed(texts=texts),
            before=asked(request, "before"),
            after=asked(request, "after"),
            texts=texts,
        )
    except queries.TooMuch as error:
        context["error"] = str(error)
    else:
        context |= rows(found, texts=texts)
    return page_or_fragment(request, "calls/list.html", "calls/_table.html", context)


def rows(found: queries.Slice, *, texts: bool) -> dict[str, Any]:
    """What a table of calls shows."""
    listed = [(call, explained.CHIPS[call.outcome], _said(call) if texts else "") for call in found.calls]
    return {"slice": found, "rows": listed, "simulated": _simulated()}


def _simulated() -> frozenset[str]:
    """The models whose answers and money are not real."""
    return frozenset(catalog.simulated_models().values_list("name", flat=True))


def _said(call: Call) -> str:
    return queries.excerpt(call.inputs) or queries.excerpt({"output": call.output})


@requires(Permission.SPEND_VIEW)
@require_GET
def call_page(request: SignedInRequest, call_id: str) -> HttpResponse:
    call = queries.by_id(call_id).first()
    if call is None:
        raise Http404(f"There is no call {call_id}. Its month may have been dropped by retention.")
    return render(request, "calls/call.html", told(request, call))


def told(request: SignedInRequest, call: Call) -> dict[str, Any]:
    """All that pages say of one call; its texts to those who may read them."""
    texts = request.user.may(Permission.CALLS_VIEW)
    prompt = call.approach_name.rpartition(" v")[0] if call.approach == "prompt" else ""
    return {
        "call": call,
        "texts": texts,
        "chip": explained.CHIPS[call.outcome],
        "why": explained.why(call.reason),
        "instead": explained.instead(call.served_by),
        "waterfall": waterfall(call.spans, call.attempts, call.latency_ms),
        "bill": bill(call),
        "prompt": prompt,
        "simulated": _simulated(),
        "ticket": Ticket.objects.filter(pk=call.ticket).first() if call.ticket else None,
        "feedback": Feedback.objects.filter(call_id=call.id) if texts else (),
    }


@requires(Permission.SPEND_VIEW)
@require_GET
def calls_csv(request: SignedInRequest) -> HttpResponseBase:
    texts = request.user.may(Permission.CALLS_VIEW)
    found = CallFilter(request.GET).narrowed(texts=texts).order_by("at", "id")
    columns = (*COLUMNS, *TEXTS) if texts else COLUMNS
    return stream_csv("calls.csv", columns, _cells(found, columns))


def _cells(found: QuerySet[Call], columns: tuple[str, ...]) -> Iterator[list[object]]:
    for values in found.values_list(*columns).iterator(chunk_size=2000):
        yield [
            value.isoformat() if name == "at" else value for name, value in zip(columns, values, strict=True)
        ]
