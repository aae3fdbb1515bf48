"""Pages of features."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment, paginate
from aiops.features import actions, queries
from aiops.features.forms import FeatureForm, NewFeatureForm
from aiops.features.models import Feature
from aiops.features.tabs import tabs


@requires(Permission.FEATURES_VIEW)
@require_GET
def feature_list(request: SignedInRequest) -> HttpResponse:
    text = request.GET.get("text", "").strip()
    page = paginate(request, queries.features_listed(text))
    context = {"page": page, "text": text}
    return page_or_fragment(request, "features/list.html", "features/_table.html", context)


@requires(Permission.FEATURES_VIEW)
@require_GET
def feature_page(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(queries.features_listed(), slug=slug)
    context = {
        "feature": feature,
        "tabs": tabs(feature, "overview", request.user),
        "prompts": feature.prompts.prefetch_related("labels__version")[:50],
        "datasets": feature.datasets.all()[:50],
    }
    return render(request, "features/feature.html", context)


@requires(Permission.FEATURES_VIEW)
@require_GET
def feature_history(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    page = paginate(request, queries.history(feature))
    context = {"feature": feature, "tabs": tabs(feature, "history", request.user), "page": page}
    return page_or_fragment(request, "features/history.html", "features/_history.html", context)


@requires(Permission.FEATURES_EDIT)
@require_http_methods(["GET", "POST"])
def new_feature(request: SignedInRequest) -> HttpResponse:
    form = NewFeatureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            feature = actions.create_feature(by=request.user, **form.cleaned_data)
        except AiopsError as error:
            form.add_error("slug", str(error))
        else:
            return _done(request, feature, f"The feature {feature} is there. Next: a prompt for it.")
    return render(request, "features/new.html", {"form": form}, status=422 if form.errors else 200)


@requires(Permission.FEATURES_EDIT)
@require_http_methods(["GET", "POST"])
def edit_feature(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    now = {"name": feature.name, "description": feature.description}
    form = FeatureForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        actions.change_feature(by=request.user, feature=feature, **form.cleaned_data)
        return _done(request, feature, f"The feature {feature} is changed.")
    context = {"form": form, "feature": feature}
    return render(request, "features/edit.html", context, status=422 if form.errors else 200)


def _done(request: HttpRequest, feature: Feature, text: str) -> HttpResponse:
    toasts.success(request, text)
    return redirect("features:feature", slug=feature.slug)
