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
from aiops.deployments.models import Deployment
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
    try:
        made = _deploy(request, feature, form)
    except AiopsError as error:
        form.add_error(None, str(error))
        return _page(request, feature, form)
    arm = f"{made.candidate} serves {made.share.normalize():f} %" if made.candidate else str(made.stable)
    toasts.success(request, f"{slug}: {arm} from now on.")
    return redirect("deployments:deployment", slug=slug)


@requires(Permission.DEPLOY)
@require_POST
def share(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    form = ShareForm(request.POST)
    if not form.is_valid():
        toasts.error(request, " ".join(f"{field}: {errors[0]}" for field, errors in form.errors.items()))
        return redirect("deployments:deployment", slug=slug)
    try:
        made = actions.set_share(by=request.user, feature=feature, **form.cleaned_data)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, f"The candidate serves {made.share.normalize():f} % from now on.")
    return redirect("deployments:deployment", slug=slug)


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


def _deploy(request: SignedInRequest, feature: Feature, form: DeployForm) -> Deployment:
    said = form.cleaned_data
    if said["arm"] == "stable":
        return actions.deploy_stable(
            by=request.user, feature=feature, choice=form.choice(), reason=said["reason"]
        )
    return actions.start_candidate(
        by=request.user, feature=feature, choice=form.choice(), share=said["share"], reason=said["reason"]
    )


def _page(request: SignedInRequest, feature: Feature, form: DeployForm) -> HttpResponse:
    context = {
        "feature": feature,
        "tabs": tabs(feature, "deployment"),
        "deployment": queries.deployment_of(feature),
        "form": form,
    }
    return render(request, "deployments/deployment.html", context, status=422 if form.errors else 200)
