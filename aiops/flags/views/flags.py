"""Who may use what."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError, Conflict
from aiops.core.figures import absolute
from aiops.core.pages import asked, page_or_fragment, paginate
from aiops.features.models import Feature
from aiops.flags import actions, queries
from aiops.flags.audience import Audience
from aiops.flags.forms import FlagForm, written
from aiops.flags.models import ChangeRequest, Schedule
from aiops.flags.showing import differences, past, planned, rows

HISTORY = 20  # changes of a flag that its page shows


@requires(Permission.FLAGS_VIEW)
@require_GET
def flag_list(request: SignedInRequest) -> HttpResponse:
    text, tenants = asked(request, "text"), queries.tenant_count()
    page = paginate(request, queries.flags_listed(text))
    stops = list(queries.active_stops())
    waiting = [(one, differences(one, tenants)) for one in queries.waiting_requests()[:20]]
    context = {
        "page": page,
        "rows": rows(page.object_list, stops, tenants),
        "stops": stops,
        "waiting": waiting,
        "text": text,
        "processes": queries.live_processes().count(),
        "schedules": planned(queries.open_schedules()[:20], tenants),
        "landing": queries.last_landing(),
    }
    return page_or_fragment(request, "flags/list.html", "flags/_table.html", context)


@requires(Permission.FLAGS_EDIT)
@require_http_methods(["GET", "POST"])
def edit_flag(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    now = queries.audience(feature)
    form = FlagForm(request.POST or None, initial=FlagForm.of(now))
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["due_at"]:
                return _planned(request, feature, form)
            return _changed(request, feature, _change(request, feature, form))
        except AiopsError as error:
            form.add_error(None, str(error))
    tenants = queries.tenant_count()
    context = {
        "form": form,
        "feature": feature,
        "words": now.words(tenants),
        "stop": queries.active_stop("feature", slug),
        "waiting": queries.waiting_requests().filter(feature=feature).first(),
        "schedules": planned(queries.open_schedules().filter(feature=feature), tenants),
        "history": past(queries.flag_history(feature)[:HISTORY], tenants),
    }
    return render(request, "flags/edit.html", context, status=422 if form.errors else 200)


@requires(Permission.FLAGS_EDIT)
@require_POST
def revert(request: SignedInRequest, slug: str) -> HttpResponse:
    """Put the flag back to what it was before a change; what widens waits for a second person."""
    feature, number = load(Feature.objects.all(), slug=slug), request.POST.get("change", "")
    if not number.isdecimal():
        raise Http404("Which change?")
    event = load(queries.flag_history(feature), pk=int(number))
    try:
        waits = actions.change_flag(
            by=request.user,
            feature=feature,
            wanted=Audience.from_json(event.before or {}),
            reason=f"As before the change of {event.at:%Y-%m-%d %H:%M} UTC by {event.actor_label}",
        )
    except AiopsError as error:
        toasts.error(request, str(error))
        return redirect("flags:edit", slug=slug)
    return _changed(request, feature, waits)


@requires(Permission.FLAGS_EDIT)
@require_POST
def answer_schedule(request: SignedInRequest, pk: int) -> HttpResponse:
    schedule = load(Schedule.objects.select_related("feature"), pk=pk)
    try:
        if request.POST.get("answer") == "approve":
            actions.approve_schedule(by=request.user, schedule=schedule)
            toasts.success(request, f"Approved: it happens {absolute(schedule.due_at)}.")
        else:
            actions.cancel_schedule(by=request.user, schedule=schedule)
            toasts.success(request, "Canceled: nothing will happen.")
    except AiopsError as error:
        toasts.error(request, str(error))
    return redirect("flags:list")


def _planned(request: SignedInRequest, feature: Feature, form: FlagForm) -> HttpResponse:
    said = form.cleaned_data
    made = actions.plan_change(
        by=request.user,
        feature=feature,
        wanted=form.audience(),
        due_at=said["due_at"],
        reason=said["reason"],
    )
    waits = " It waits for a second person first." if made.state == Schedule.State.WAITING else ""
    toasts.success(request, f"Planned for {absolute(made.due_at)}.{waits}")
    return redirect("flags:list")


def _change(request: SignedInRequest, feature: Feature, form: FlagForm) -> ChangeRequest | None:
    now = queries.audience(feature)
    if form.cleaned_data["seen"] != written(now):
        raise Conflict("The flag has changed since you opened this page. Reload it, then change it again.")
    return actions.change_flag(
        by=request.user,
        feature=feature,
        wanted=form.audience(),
        reason=form.cleaned_data["reason"],
        expected=now,
    )


def _changed(request: SignedInRequest, feature: Feature, waits: ChangeRequest | None) -> HttpResponse:
    if waits:
        toasts.success(request, f"{waits} waits for a second person. Nothing has changed yet.")
        return redirect("flags:request", pk=waits.pk)
    words = queries.audience(feature).words(queries.tenant_count())
    toasts.success(request, f"{feature.slug}: {words[0].lower()}{words[1:]}.")
    return redirect("flags:list")
