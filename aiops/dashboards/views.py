"""Home, search, the feature switcher, administration. The audit page is in `audit_views`."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from aiops.accounts.access import SignedInRequest, requires, signed_in
from aiops.accounts.permissions import Permission
from aiops.core.pages import asked, page_or_fragment, paginate, wants_fragment
from aiops.dashboards import live, queries, rail, search
from aiops.features.models import Feature

SUGGESTED = 4  # of each kind
FOUND = 20
NARROWED = {
    "calls:list",
    "dashboards:health",
    "prompts:list",
    "datasets:list",
    "evaluations:list",
    "quality:list",
    "dashboards:audit",
    "dashboards:home",
    "reviews:queue",
}


@requires(Permission.HOME_VIEW)
@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    """What there is per feature, what changed, what waits."""
    features = Feature.objects.all()
    if slug := asked(request, "feature"):
        features = features.filter(slug=slug)
    page = paginate(request, features)
    context = {
        "page": page,
        "live": live.live(list(page), request.user),
        "rows": queries.feature_rows(page, request.user),
        "changes": queries.recent_changes(request.user),
        "waiting": queries.waiting_for(request.user),
        "workspace": queries.workspace(),
    }
    return render(request, "dashboards/home.html", context)


@signed_in
@require_GET
def search_page(request: SignedInRequest) -> HttpResponse:
    """Everything whose name or number matches; HTMX gets the first few as suggestions."""
    text = asked(request, "q")
    limit = SUGGESTED if wants_fragment(request) else FOUND
    context = {"text": text, "hits": search.find(text, request.user, limit)}
    return page_or_fragment(request, "dashboards/search.html", "dashboards/_suggestions.html", context)


@signed_in
@require_GET
def switch(request: SignedInRequest) -> HttpResponse:
    """The feature switcher: the list that one came from, narrowed; from elsewhere the feature's own page."""
    slug = asked(request, "feature")
    name = _name_of(asked(request, "from"))
    if name in NARROWED:
        return redirect(reverse(name) + (f"?{urlencode({'feature': slug})}" if slug else ""))
    if slug and Feature.objects.filter(slug=slug).exists():
        return redirect("features:feature", slug)
    return redirect("features:list" if request.user.may(Permission.FEATURES_VIEW) else "dashboards:home")


def _name_of(path: str) -> str:
    """The name of the page at `path`, '' where there is none. The path itself is never used."""
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


@signed_in
@require_GET
def admin(request: SignedInRequest) -> HttpResponse:
    """The pages that an administrator needs, those that the person may open."""
    return render(request, "dashboards/admin.html", {"places": rail.administration(request.user)})
