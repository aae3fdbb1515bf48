"""A feature's cache: hits, what is proven of questions in other words, pairs that were wrong, purges."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError, InvalidInput
from aiops.features import queries as features
from aiops.features.models import Feature
from aiops.features.policy import Policy
from aiops.features.tabs import tabs
from aiops.gateway import actions, cache_queries
from aiops.gateway.cache_forms import PurgeForm
from aiops.gateway.cache_words import standing


@requires(Permission.FEATURES_VIEW)
@require_GET
def cache_page(request: SignedInRequest, slug: str) -> HttpResponse:
    """With `?pattern=` also what a purge would remove."""
    feature = load(Feature.objects.all(), slug=slug)
    texts = request.user.may(Permission.CALLS_VIEW)
    asked = request.user.may(Permission.POLICY_EDIT) and "pattern" in request.GET
    form = PurgeForm(request.GET if asked else None)
    found = cache_queries.purge(slug, form.cleaned_data["pattern"]) if asked and form.is_valid() else None
    context = {
        "feature": feature,
        "tabs": tabs(feature, "cache", request.user),
        "one": standing(slug, _policy(request, feature).cache),
        "hits": cache_queries.hits(slug),
        "waiting": cache_queries.waiting(slug).count(),
        "history": cache_queries.thresholds(slug)[:10],
        "texts": texts,
        "wrong": cache_queries.wrong_pairs(slug) if texts else [],
        "form": form,
        "found": found,
    }
    return render(request, "cache/page.html", context, status=422 if form.errors else 200)


@requires(Permission.POLICY_EDIT)
@require_POST
def purge(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    try:
        count = actions.purge_cache(
            by=request.user, feature=feature, pattern=request.POST.get("pattern", "")[:200]
        )
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, f"Removed {count} answer{'' if count == 1 else 's'}.")
    return redirect("cache:page", slug=slug)


@requires(Permission.POLICY_EDIT)
@require_POST
def lower(request: SignedInRequest, slug: str) -> HttpResponse:
    """Take the lower threshold that checks have proven."""
    feature = load(Feature.objects.all(), slug=slug)
    try:
        made = actions.lower_cache_threshold(by=request.user, feature=feature)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, f"Answers are served from {made.threshold:.2f} on.")
    return redirect("cache:page", slug=slug)


def _policy(request: SignedInRequest, feature: Feature) -> Policy:
    try:
        return features.policy_in_force(feature)
    except InvalidInput as error:
        toasts.error(request, str(error))
        return Policy()
