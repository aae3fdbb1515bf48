"""Tabs of a feature that join it with what stands above it: prompts, evaluations, calls."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import clock
from aiops.core.pages import asked, paginate
from aiops.deployments import queries as deployments
from aiops.evaluations import comparable
from aiops.evaluations import queries as evaluations
from aiops.features.models import Feature
from aiops.features.tabs import tabs
from aiops.gateway import queries as gateway
from aiops.gateway.views.calls import rows
from aiops.prompts import queries as prompts

CALLS = timedelta(days=30)  # that the tab looks back; the explorer looks further
RUNS = 20
SHOWN_CALLS = 25


@requires(Permission.PROMPTS_VIEW)
@require_GET
def feature_prompts(request: SignedInRequest, slug: str) -> HttpResponse:
    """All prompts of the feature, and the versions of the one that serves it."""
    feature = load(Feature.objects.all(), slug=slug)
    found = list(prompts.prompts_listed(feature=slug)[:50])
    deployment = deployments.deployment_of(feature)
    version = deployment.stable.version if deployment else None
    serving = version.prompt if version else next(iter(found), None)
    context = {
        "feature": feature,
        "tabs": tabs(feature, "prompt", request.user),
        "prompts": paginate(request, found),
        "deployment": deployment,
        "prompt": serving,
        "page": paginate(request, prompts.versions_of(serving), RUNS) if serving else None,
    }
    return render(request, "features/prompts.html", context)


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def feature_evaluations(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    runs = comparable.with_verdicts(evaluations.runs().filter(feature=feature))
    context = {
        "feature": feature,
        "tabs": tabs(feature, "evaluations", request.user),
        "page": paginate(request, runs, RUNS),
    }
    return render(request, "features/evaluations.html", context)


@requires(Permission.SPEND_VIEW)
@require_GET
def feature_calls(request: SignedInRequest, slug: str) -> HttpResponse:
    """The last calls of the feature; filters stand in the explorer."""
    feature = load(Feature.objects.all(), slug=slug)
    texts = request.user.may(Permission.CALLS_VIEW)
    context = {"feature": feature, "tabs": tabs(feature, "calls", request.user), "texts": texts}
    calls = gateway.calls(clock.now() - CALLS, feature=slug)
    before, after = asked(request, "before"), asked(request, "after")
    try:
        found = gateway.page(calls, before=before, after=after, size=SHOWN_CALLS, texts=texts)
    except gateway.TooMuch as error:
        context["error"] = str(error)
    else:
        context |= rows(found, texts=texts)
    return render(request, "features/calls.html", context)
