"""What serves a feature."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.deployments import actions, queries
from aiops.deployments.forms import DeployForm, ShareForm
from aiops.deployments.models import DeploymentRequest
from aiops.features.models import Feature
from aiops.features.tabs import tabs


@requires(Permission.FLAGS_VIEW)
@require_GET
def deployment(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    return _page(request, feature, DeployForm(feature=feature))


@requires(Permission.DEPLOY)
@require_POST
def deploy(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    form = DeployForm(request.POST, feature=feature)
    if not form.is_valid():
        return _page(request, feature, form)
    said = form.cleaned_data
    share = said["share"] if said["arm"] == "candidate" else None
    try:
        waits = actions.ask_or_deploy(
            by=request.user, feature=feature, choice=form.choice(), share=share, reason=said["reason"]
        )
    except AiopsError as error:
        form.add_error(None, str(error))
        return _page(request, feature, form)
    return _changed(request, feature, waits)


@requires(Permission.DEPLOY)
@require_POST
def share(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    form = ShareForm(request.POST)
    if not form.is_valid():
        toasts.error(request, " ".join(f"{field}: {errors[0]}" for field, errors in form.errors.items()))
        return redirect("deployments:deployment", slug=slug)
    try:
        waits = actions.ask_or_set_share(by=request.user, feature=feature, **form.cleaned_data)
    except AiopsError as error:
        toasts.error(request, str(error))
        return redirect("deployments:deployment", slug=slug)
    return _changed(request, feature, waits)


@requires(Permission.DEPLOY)
@require_POST
def stop_candidate(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    try:
        made = actions.stop_candidate(
            by=request.user, feature=feature, reason=request.POST.get("reason", "")[:1000]
        )
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, f"{made.stable} serves everybody again.")
    return redirect("deployments:deployment", slug=slug)


@requires(Permission.FLAGS_EDIT)
@require_POST
def answer(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """The second person's: whoever may change who uses a feature also decides what serves it."""
    change, given = load(queries.requests(), feature__slug=slug, pk=pk), request.POST.get("answer", "")
    try:
        if given == "approve":
            done = actions.approve_request(by=request.user, request=change)
        elif given == "withdraw":
            done = actions.withdraw_request(by=request.user, request=change)
        else:
            reason = request.POST.get("reason", "")[:1000]
            done = actions.decline_request(by=request.user, request=change, reason=reason)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        served = f"{done.served} serves from now on" if given == "approve" else "nothing has changed"
        toasts.success(request, f"{done.get_state_display()}: {served}.")
    return redirect("deployments:deployment", slug=slug)


def _changed(request: SignedInRequest, feature: Feature, waits: DeploymentRequest | None) -> HttpResponse:
    made = queries.deployment_of(feature)
    if waits:
        toasts.success(request, f"Waits for a second person: {waits.served}. Nothing has changed yet.")
    elif made:
        arm = f"{made.candidate} serves {made.share.normalize():f} %" if made.candidate else str(made.stable)
        toasts.success(request, f"{feature.slug}: {arm} from now on.")
    return redirect("deployments:deployment", slug=feature.slug)


def _page(request: SignedInRequest, feature: Feature, form: DeployForm) -> HttpResponse:
    context = {
        "feature": feature,
        "tabs": tabs(feature, "deployment", request.user),
        "deployment": queries.deployment_of(feature),
        "waiting": queries.waiting_requests().filter(feature=feature).first(),
        "form": form,
    }
    return render(request, "deployments/deployment.html", context, status=422 if form.errors else 200)
