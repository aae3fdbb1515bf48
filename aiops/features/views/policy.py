"""A feature's policy: what each stage does, in versions."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST
from pydantic import ValidationError

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment, paginate
from aiops.features import actions, queries
from aiops.features.models import Feature, PolicyVersion
from aiops.features.policy import Policy
from aiops.features.policy_fields import differences
from aiops.features.policy_forms import PolicyForm
from aiops.features.tabs import tabs
from aiops.features.wording import preview


@requires(Permission.FEATURES_VIEW)
@require_GET
def policy_page(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    latest = queries.latest_policy(feature)
    try:
        policy = Policy.model_validate(latest.settings) if latest else Policy()
    except ValidationError:
        toasts.error(
            request, "The stored policy no longer reads, and the feature is stopped. Save a new one."
        )
        policy = Policy()
    form = PolicyForm(policy=policy, number=latest.number if latest else 0)
    return _page(request, feature, form, policy)


@requires(Permission.POLICY_EDIT)
@require_POST
def save_policy(request: SignedInRequest, slug: str) -> HttpResponse:
    """Save what was typed as the next version, or only show what it would mean."""
    feature = load(Feature.objects.all(), slug=slug)
    form = PolicyForm(request.POST, policy=Policy(), number=0)
    if not form.is_valid() or form.policy is None:
        return _page(request, feature, form, None, status=422)
    if request.POST.get("do") == "preview":
        return _page(request, feature, form, form.policy, unsaved=True)
    try:
        made = actions.set_policy(
            by=request.user,
            feature=feature,
            policy=form.policy,
            note=form.cleaned_data["note"],
            expected=form.cleaned_data["expected"],
        )
    except AiopsError as error:
        form.add_error(None, str(error))
        return _page(request, feature, form, form.policy, status=422)
    toasts.success(request, f"Version {made.number} is in force." if made else "Nothing has changed.")
    return redirect("features:policy", slug=slug)


@requires(Permission.FEATURES_VIEW)
@require_GET
def policy_history(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    page = paginate(request, queries.policy_versions(feature))
    numbers = {number for version in page for number in (version.number, version.number - 1)}
    stored = dict(feature.policies.filter(number__in=numbers).values_list("number", "settings"))
    first = Policy().model_dump(mode="json")
    shown = [(one, differences(stored.get(one.number - 1, first), one.settings)) for one in page]
    latest = queries.latest_policy(feature)
    context = {
        "feature": feature,
        "tabs": tabs(feature, "policy", request.user),
        "page": page,
        "versions": shown,
        "number": latest.number if latest else 0,
    }
    return page_or_fragment(
        request, "features/policy_history.html", "features/_policy_versions.html", context
    )


@requires(Permission.POLICY_EDIT)
@require_POST
def restore_policy(request: SignedInRequest, slug: str) -> HttpResponse:
    number = request.POST.get("number", "")
    if not number.isdecimal():
        raise Http404("Which version?")
    version = load(PolicyVersion.objects.select_related("feature"), feature__slug=slug, number=int(number))
    try:
        made = actions.restore_policy(by=request.user, version=version)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(
            request, f"Version {number} is in force again." if made else "It says what is in force already."
        )
    return redirect("features:policy-history", slug=slug)


def _page(
    request: SignedInRequest,
    feature: Feature,
    form: PolicyForm,
    policy: Policy | None,
    *,
    unsaved: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "feature": feature,
        "tabs": tabs(feature, "policy", request.user),
        "form": form,
        "sections": list(form.sections()),
        "rows": form.fallback_rows(),
        "preview": preview(policy) if policy else [],
        "unsaved": unsaved,
        "number": form["expected"].value(),
    }
    return render(request, "features/policy.html", context, status=status)
