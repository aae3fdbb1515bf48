"""A feature's guardrails: what each finds, its failures, a box to try them, and the change of a mode."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError, InvalidInput
from aiops.features import actions
from aiops.features import queries as features
from aiops.features.models import Feature
from aiops.features.policy import Policy
from aiops.features.tabs import tabs
from aiops.gateway import guardrail_queries
from aiops.gateway.guardrail_box import Said, tried
from aiops.gateway.guardrail_forms import BoxForm, ModeForm
from aiops.gateway.guardrail_words import TITLES, shown
from aiops.gateway.guardrails import RAILS


@requires(Permission.FEATURES_VIEW)
@require_GET
def guardrails_page(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    return _page(request, feature, BoxForm())


@requires(Permission.POLICY_EDIT)
@require_POST
def try_out(request: SignedInRequest, slug: str) -> HttpResponse:
    """Each guardrail's verdict on what was pasted. Nothing is stored."""
    feature = load(Feature.objects.all(), slug=slug)
    form = BoxForm(request.POST)
    if not form.is_valid():
        return _page(request, feature, form, status=422)
    verdicts = tried(feature, _policy(request, feature), Said(**form.cleaned_data))
    return _page(request, feature, form, verdicts=verdicts)


@requires(Permission.FEATURES_VIEW)
@require_GET
def guardrail_page(request: SignedInRequest, slug: str, name: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    return _one(request, feature, name)


@requires(Permission.POLICY_EDIT)
@require_POST
def set_mode(request: SignedInRequest, slug: str, name: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    form = ModeForm(request.POST)
    if name not in TITLES or not form.is_valid():
        raise Http404("Which guardrail, and which mode?")
    try:
        made = actions.set_guardrail(by=request.user, feature=feature, guardrail=name, **form.cleaned_data)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        version = f"Version {made.number} of the policy is in force." if made else "Nothing has changed."
        toasts.success(request, version)
    return redirect("guardrails:guardrail", slug=slug, name=name)


def _policy(request: SignedInRequest, feature: Feature) -> Policy:
    try:
        return features.policy_in_force(feature)
    except InvalidInput as error:
        toasts.error(request, str(error))
        return Policy()


def _page(
    request: SignedInRequest, feature: Feature, form: BoxForm, *, status: int = 200, **context: Any
) -> HttpResponse:
    policy = _policy(request, feature)
    rates = guardrail_queries.rates(feature.slug)
    context |= {
        "feature": feature,
        "tabs": tabs(feature, "guardrails", request.user),
        "rows": [shown(setting, policy.guardrails, rates) for setting in TITLES],
        "form": form,
    }
    return render(request, "guardrails/page.html", context, status=status)


def _one(request: SignedInRequest, feature: Feature, name: str) -> HttpResponse:
    if name not in TITLES:
        raise Http404(f"There is no guardrail {name}.")
    latest = features.latest_policy(feature)
    policy = _policy(request, feature)
    one = shown(name, policy.guardrails, guardrail_queries.rates(feature.slug))
    texts = request.user.may(Permission.CALLS_VIEW)
    number = latest.number if latest else 0
    context = {
        "feature": feature,
        "tabs": tabs(feature, "guardrails", request.user),
        "one": one,
        "texts": texts,
        "examples": guardrail_queries.examples(feature.slug, RAILS[name].NAME) if texts else [],
        "form": ModeForm(initial={"mode": one.mode, "expected": number}),
        "number": number,
        "repair": policy.guardrails.repair,
        "keeps": policy.keep_text,
    }
    return render(request, "guardrails/guardrail.html", context)
