"""A feature's router and its category classifier: trained, read, turned on and off."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.approaches import actions as approaches
from aiops.approaches.models import CategoryVersion, FeatureTraining, RouterVersion
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import paginate
from aiops.evaluations import actions, router_live, router_words, routing
from aiops.evaluations.forms.routers import SharesForm, TrainCategoriesForm, TrainRouterForm
from aiops.features import queries as features
from aiops.features.models import Feature
from aiops.features.policy import Policy
from aiops.features.tabs import tabs

FEATURES = Feature.objects.all()


@requires(Permission.FEATURES_VIEW)
@require_GET
def router_page(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(FEATURES, slug=slug)
    return _page(request, feature)


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def train_router(request: SignedInRequest, slug: str) -> HttpResponse:
    """Two runs; a worker does the rest."""
    feature = load(FEATURES, slug=slug)
    form = TrainRouterForm(request.POST, feature=feature)
    if form.is_valid() and _done(form, lambda: actions.train_router(by=request.user, **form.wanted())):
        toasts.success(request, "The training is queued.")
        return redirect("router:page", slug=slug)
    return _page(request, feature, status=422, train=form)


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def train_categories(request: SignedInRequest, slug: str) -> HttpResponse:
    """Frozen cases; a worker does the rest."""
    feature = load(FEATURES, slug=slug)
    form = TrainCategoriesForm(request.POST, feature=feature)
    kind = FeatureTraining.Kind.CATEGORIES
    if form.is_valid() and _done(
        form,
        lambda: approaches.start_learning(by=request.user, feature=feature, kind=kind, **form.cleaned_data),
    ):
        toasts.success(request, "The training is queued.")
        return redirect("router:page", slug=slug)
    return _page(request, feature, status=422, teach=form)


@requires(Permission.FEATURES_VIEW)
@require_GET
def version_page(request: SignedInRequest, slug: str, number: int) -> HttpResponse:
    version = load(_versions(), feature__slug=slug, number=number)
    policy = _policy(request, version.feature)
    serving = policy.router.kind == "trained" and policy.router.version == number
    context = {
        "feature": version.feature,
        "tabs": tabs(version.feature, "router", request.user),
        "version": version,
        "serving": serving,
        "categories": router_words.rows(version, "categories"),
        "locales": router_words.rows(version, "locales"),
        "form": SharesForm(),
        "own": version.author_id == request.user.pk,
    }
    return render(request, "routers/version.html", context)


@requires(Permission.POLICY_EDIT)
@require_POST
def turn_on(request: SignedInRequest, slug: str, number: int) -> HttpResponse:
    version = load(_versions(), feature__slug=slug, number=number)
    form = SharesForm(request.POST)
    if not form.is_valid():
        toasts.error(request, "The share is from 0 to 100 percent.")
        return redirect("router:version", slug=slug, number=number)
    _said(
        request,
        lambda: approaches.turn_router_on(by=request.user, version=version, **form.cleaned_data),
        f"{version} is on.",
    )
    return redirect("router:page", slug=slug)


@requires(Permission.POLICY_EDIT)
@require_POST
def turn_off(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(FEATURES, slug=slug)
    act = partial(approaches.turn_router_off, by=request.user, feature=feature)
    _said(request, act, "The router is off: the deployment's model answers all calls.")
    return redirect("router:page", slug=slug)


@requires(Permission.POLICY_EDIT)
@require_POST
def categories_on(request: SignedInRequest, slug: str, number: int) -> HttpResponse:
    version = load(CategoryVersion.objects.select_related("feature"), feature__slug=slug, number=number)
    act = partial(approaches.turn_categories_on, by=request.user, version=version)
    _said(request, act, f"{version} is on.")
    return redirect("router:page", slug=slug)


@requires(Permission.POLICY_EDIT)
@require_POST
def categories_off(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(FEATURES, slug=slug)
    act = partial(approaches.turn_categories_off, by=request.user, feature=feature)
    _said(request, act, "The category classifier is off.")
    return redirect("router:page", slug=slug)


@requires(Permission.FEATURES_VIEW)
@require_GET
def training_job(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """The progress of a training; once it is over, the whole page is asked for again."""
    training = load(_trainings(), feature__slug=slug, pk=pk)
    response = render(request, "_components/job.html", {"job": _job(request, training)})
    if not training.is_active:
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def cancel(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    training = load(_trainings(), feature__slug=slug, pk=pk)
    act = partial(approaches.cancel_learning, by=request.user, training=training)
    _said(request, act, "The training is cancelled.")
    return redirect("router:page", slug=slug)


def _page(
    request: SignedInRequest,
    feature: Feature,
    *,
    status: int = 200,
    train: TrainRouterForm | None = None,
    teach: TrainCategoriesForm | None = None,
) -> HttpResponse:
    policy = _policy(request, feature)
    number = policy.router.version if policy.router.kind == "trained" else None
    serving = _versions().filter(feature=feature, number=number).first() if number else None
    context = {
        "feature": feature,
        "tabs": tabs(feature, "router", request.user),
        "serving": serving,
        "others": routing.vectors_in_force(serving) if serving else "",
        "live": router_live.live(serving) if serving else None,
        "shadow_share": policy.router.shadow_share,
        "rows": router_words.rows(serving, "categories") if serving else [],
        "page": paginate(request, _versions().filter(feature=feature).order_by("-number")),
        "trainings": [_shown(request, feature, kind) for kind in FeatureTraining.Kind],
        "train": train or TrainRouterForm(feature=feature),
        "teach": teach or TrainCategoriesForm(feature=feature),
        "category_versions": _category_versions(feature)[:20],
        "category_number": policy.categories.version,
    }
    return render(request, "routers/page.html", context, status=status)


def _policy(request: SignedInRequest, feature: Feature) -> Policy:
    try:
        return features.policy_in_force(feature)
    except AiopsError as error:
        toasts.error(request, str(error))
        return Policy()


def _versions() -> Any:
    related = ("feature", "small", "large", "prompt_version__prompt", "dataset_version__dataset", "author")
    return RouterVersion.objects.select_related(*related).defer("weights")


def _category_versions(feature: Feature) -> Any:
    rows = CategoryVersion.objects.filter(feature=feature).select_related(
        "dataset_version__dataset", "author"
    )
    return rows.select_related("feature").defer("weights").order_by("-number")


def _trainings() -> Any:
    return FeatureTraining.objects.select_related("feature", "dataset_version__dataset")


def _shown(request: SignedInRequest, feature: Feature, kind: FeatureTraining.Kind) -> dict[str, Any]:
    """The last training of a kind, with its progress while it is under way."""
    training = _trainings().filter(feature=feature, kind=kind).order_by("-id").first()
    return {"training": training, "job": _job(request, training) if training else None}


def _job(request: SignedInRequest, training: FeatureTraining) -> dict[str, Any]:
    """What the progress box shows."""
    place = [training.feature.slug, training.pk]
    words = "waits for a worker" if training.state == FeatureTraining.State.QUEUED else "learns"
    may_cancel = training.is_active and request.user.may(Permission.EVALUATIONS_RUN)
    return {
        "title": f"{training.get_kind_display()}: {words} on {training.dataset_version}",
        "done": training.done,
        "failed": 0,
        "total": training.total,
        "running": training.is_active,
        "poll_url": reverse("router:training", args=place),
        "cancel_url": reverse("router:cancel", args=place) if may_cancel else "",
    }


def _done(form: TrainRouterForm | TrainCategoriesForm, act: Callable[[], object]) -> bool:
    try:
        act()
    except AiopsError as error:
        form.add_error(None, str(error))
        return False
    return True


def _said(request: SignedInRequest, act: Callable[[], object], words: str) -> None:
    """Do it, and say so, or why not."""
    try:
        act()
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, words)
