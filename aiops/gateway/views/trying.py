"""Try it: a real call from the console, with each stage's time and decision."""

from contextlib import suppress
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods
from pydantic import ValidationError

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment
from aiops.deployments import queries as deployments
from aiops.features import queries as features
from aiops.features.models import Feature
from aiops.features.policy import Policy
from aiops.features.tabs import tabs
from aiops.gateway import actions, explained, queries, trying
from aiops.gateway.call_ids import valid
from aiops.gateway.models import Call
from aiops.gateway.trying_forms import TryForm
from aiops.gateway.views.calls import told


@requires(Permission.FEATURES_TRY)
@require_http_methods(["GET", "POST"])
def try_it(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    form = _form(request, feature)
    context = _frame(request, feature, form)
    if form is None or request.method != "POST" or not form.is_valid():
        return render(request, "trying/try.html", context, status=422 if form and form.errors else 200)
    try:
        actions.note_try(by=request.user, feature=feature, tenant=form.cleaned_data["tenant"])
        answer = trying.send(form.asked(feature, request.user.email), _deadline(feature))
    except AiopsError as error:
        return render(request, "trying/try.html", {**context, "away": str(error)}, status=503)
    call = trying.stored(answer.call_id) if answer.call_id else None
    context |= {"answer": answer, "answer_chip": explained.CHIPS[answer.outcome], "call_id": answer.call_id}
    return render(request, "trying/try.html", {**context, **(told(request, call) if call else {})})


@requires(Permission.FEATURES_TRY)
@require_GET
def tried(request: SignedInRequest, slug: str, call_id: str) -> HttpResponse:
    """A call of the feature again, its inputs in the form; while it is not stored yet, what to wait for."""
    feature = load(Feature.objects.all(), slug=slug)
    if not valid(call_id):
        raise Http404(f"There is no call {call_id}.")
    call = queries.by_id(call_id).filter(feature=slug).first()
    context = _frame(request, feature, _form(request, feature, call)) | {"call_id": call_id}
    context |= told(request, call) if call else {}
    return page_or_fragment(request, "trying/try.html", "trying/_record.html", context)


def _form(request: SignedInRequest, feature: Feature, call: Call | None = None) -> TryForm | None:
    """None where nothing is deployed that could answer. A call's texts are for those who may read them."""
    deployment = deployments.deployment_of(feature)
    if deployment is None:
        return None
    any_tenant, texts = request.user.may(Permission.TENANTS_VIEW), request.user.may(Permission.CALLS_VIEW)
    sent = request.POST if request.method == "POST" else None
    return TryForm(sent, deployment=deployment, any_tenant=any_tenant, call=call if texts else None)


def _frame(request: SignedInRequest, feature: Feature, form: TryForm | None) -> dict[str, Any]:
    return {"feature": feature, "tabs": tabs(feature, "try it", request.user), "form": form}


def _deadline(feature: Feature) -> float:
    latest = features.latest_policy(feature)
    with suppress(ValidationError):  # then the gateway stops the feature, and says so
        return Policy.model_validate(latest.settings if latest else {}).deadline_seconds
    return Policy().deadline_seconds
