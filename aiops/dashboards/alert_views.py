"""Alerts: the list, one of them, and what people do about it."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.alerts import actions, queries
from aiops.alerts.models import Alert
from aiops.core import clock, toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment, paginate
from aiops.dashboards.alert_forms import AlertFilter, CloseForm, MuteForm


@requires(Permission.ALERTS_VIEW)
@require_GET
def alert_list(request: SignedInRequest) -> HttpResponse:
    form = AlertFilter(request.GET)
    allowed = request.user.permissions
    context = {
        "form": form,
        "page": paginate(request, queries.alerts_listed(allowed, **form.chosen())),
        "counts": queries.counts(allowed),
        "features": queries.features(),
        "narrowed": any(form.chosen().values()),
    }
    return page_or_fragment(request, "alerts/list.html", "alerts/_table.html", context)


@requires(Permission.ALERTS_VIEW)
@require_GET
def alert_page(request: SignedInRequest, pk: int) -> HttpResponse:
    context = {"alert": _seen(request, pk), "mute": MuteForm(), "close": CloseForm()}
    return render(request, "alerts/alert.html", context)


@requires(Permission.ALERTS_HANDLE)
@require_POST
def acknowledge(request: SignedInRequest, pk: int) -> HttpResponse:
    alert = _seen(request, pk)
    return _done(
        request,
        alert,
        lambda: actions.acknowledge_alert(by=request.user, alert=alert),
        "You have this alert.",
        undo=reverse("alerts:open", args=[pk]),
    )


@requires(Permission.ALERTS_HANDLE)
@require_POST
def mute(request: SignedInRequest, pk: int) -> HttpResponse:
    alert, form = _seen(request, pk), MuteForm(request.POST)
    if not form.is_valid():
        return render(
            request, "alerts/alert.html", {"alert": alert, "mute": form, "close": CloseForm()}, status=422
        )
    until, note = clock.now() + form.span(), form.cleaned_data["note"]
    return _done(
        request,
        alert,
        lambda: actions.mute_alert(by=request.user, alert=alert, until=until, note=note),
        "Muted. It is open again by itself when the time is over.",
        undo=reverse("alerts:open", args=[pk]),
    )


@requires(Permission.ALERTS_HANDLE)
@require_POST
def open_again(request: SignedInRequest, pk: int) -> HttpResponse:
    alert = _seen(request, pk)
    return _done(
        request, alert, lambda: actions.open_alert(by=request.user, alert=alert), "It is open again."
    )


@requires(Permission.ALERTS_HANDLE)
@require_POST
def close(request: SignedInRequest, pk: int) -> HttpResponse:
    alert, note = _seen(request, pk), request.POST.get("note", "")[:1000].replace("\0", "")
    return _done(
        request,
        alert,
        lambda: actions.close_alert(by=request.user, alert=alert, note=note),
        "Closed. If it happens again, that is a new alert.",
    )


def _seen(request: SignedInRequest, pk: int) -> Alert:
    return load(queries.alerts_seen(request.user.permissions), pk=pk)


def _done(
    request: SignedInRequest, alert: Alert, act: Callable[[], object], said: str, undo: str | None = None
) -> HttpResponse:
    try:
        act()
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, said, undo_url=undo)
    if request.POST.get("from") == "list":
        return redirect("alerts:list")
    return redirect("alerts:alert", alert.pk)
