"""Stopping, who knows of it, and lifting."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment, paginate
from aiops.flags import actions, drilling, queries
from aiops.flags.forms import StopForm
from aiops.flags.models import KillSwitch
from aiops.flags.showing import seen_instead


@requires(Permission.FLAGS_STOP)
@require_http_methods(["GET", "POST"])
def stop(request: SignedInRequest) -> HttpResponse:
    given = {name: request.GET.get(name, "") for name in ("scope", "target")}
    form = StopForm(request.POST or None, initial={"scope": given["scope"] or "feature", **given})
    if request.method == "POST" and form.is_valid():
        try:
            thrown = actions.stop(by=request.user, **form.cleaned_data)
        except AiopsError as error:
            form.add_error("target", str(error))
        else:
            return redirect("flags:stop-page", pk=thrown.pk)
    scope, target = form["scope"].value(), form["target"].value()
    context = {"form": form, "chosen": given["target"], "instead": seen_instead(str(scope), str(target))}
    return render(request, "flags/stop.html", context, status=422 if form.errors else 200)


@requires(Permission.FLAGS_VIEW)
@require_GET
def stop_page(request: SignedInRequest, pk: int) -> HttpResponse:
    thrown = load(KillSwitch.objects.select_related("by", "lifted_by"), pk=pk)
    context = {
        "stop": thrown,
        "spread": queries.spread(thrown.revision, thrown.published_at),
        "alone": queries.lifts_alone(request.user, thrown),
        "may_lift": request.user.may(Permission.FLAGS_EDIT) or thrown.by_id == request.user.pk,
        "instead": seen_instead(thrown.scope, thrown.target),
        "waiting": queries.waiting_requests().filter(stop=thrown).first(),
    }
    return page_or_fragment(request, "flags/stop_page.html", "flags/_spread.html", context)


@requires(Permission.FLAGS_STOP)
@require_POST
def drill(request: SignedInRequest) -> HttpResponse:
    """Some seconds at most: a stop of our own tenant, thrown and lifted."""
    try:
        landed = drilling.drill(request.user)
    except AiopsError as error:
        toasts.error(request, str(error))
        return redirect("flags:list")
    if landed.proves:
        toasts.success(request, f"The stop reached all {landed.processes} and is lifted again.")
    else:
        missed = (
            f"It reached {landed.told} of {landed.processes} gateways"
            if landed.processes
            else "No gateway runs"
        )
        toasts.error(request, f"{missed}: nothing is proved. The stop is lifted again.")
    return redirect("flags:stop-page", pk=landed.stop_id)


@requires(Permission.FLAGS_VIEW)
@require_GET
def past_stops(request: SignedInRequest) -> HttpResponse:
    context = {"page": paginate(request, queries.past_stops())}
    return page_or_fragment(request, "flags/stops.html", "flags/_stops.html", context)


@requires(Permission.FLAGS_STOP)
@require_POST
def lift(request: SignedInRequest, pk: int) -> HttpResponse:
    thrown = load(KillSwitch.objects.all(), pk=pk)
    try:
        waits = actions.lift(by=request.user, stop=thrown, reason=request.POST.get("reason", "")[:1000])
    except AiopsError as error:
        toasts.error(request, str(error))
        return redirect("flags:stop-page", pk=pk)
    if waits:
        toasts.success(request, f"{waits} waits for a second person. Until then it stays stopped.")
        return redirect("flags:request", pk=waits.pk)
    toasts.success(request, f"The stop of {thrown} is lifted.")
    return redirect("flags:list")
