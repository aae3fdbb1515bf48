"""Who may use what."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError, Conflict
from aiops.core.pages import asked, page_or_fragment, paginate
from aiops.features.models import Feature
from aiops.flags import actions, queries
from aiops.flags.forms import FlagForm, written
from aiops.flags.models import ChangeRequest
from aiops.flags.showing import differences, rows


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
            waits = _change(request, feature, form)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            return _changed(request, feature, waits)
    tenants = queries.tenant_count()
    context = {
        "form": form,
        "feature": feature,
        "words": now.words(tenants),
        "stop": queries.active_stop("feature", slug),
        "waiting": queries.waiting_requests().filter(feature=feature).first(),
    }
    return render(request, "flags/edit.html", context, status=422 if form.errors else 200)


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
