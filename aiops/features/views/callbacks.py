"""Where a feature's answers of tickets are sent, and the secret that signs them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.features import actions, queries
from aiops.features.models import CallbackSecret, Feature
from aiops.features.tabs import tabs


@requires(Permission.FEATURES_VIEW)
@require_GET
def callback_page(request: SignedInRequest, slug: str) -> HttpResponse:
    return _shown(request, load(Feature.objects.all(), slug=slug))


@requires(Permission.POLICY_EDIT)
@never_cache
@require_POST
def make_secret(request: SignedInRequest, slug: str) -> HttpResponse:
    """The answer to the button is the only page that ever shows the secret."""
    feature = load(Feature.objects.all(), slug=slug)
    return _shown(request, feature, actions.make_callback_secret(by=request.user, feature=feature))


def _shown(request: SignedInRequest, feature: Feature, secret: str = "") -> HttpResponse:
    context = {
        "feature": feature,
        "tabs": tabs(feature, "policy"),
        "address": queries.callback_urls([feature.slug]).get(feature.slug, ""),
        "kept": CallbackSecret.objects.select_related("made_by").filter(feature=feature).first(),
        "secret": secret,
    }
    return render(request, "features/callback.html", context)
