"""How much of each feature people are shown: the list, and one feature's settings with a preview."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import paginate
from aiops.features.models import Feature
from aiops.reviews import actions
from aiops.reviews.forms.sampling import SamplingForm
from aiops.reviews.models import SamplingPolicy
from aiops.reviews.queries import sampling as queries
from aiops.reviews.sampling.preview import Preview, preview
from aiops.reviews.tabs import tabs


@requires(Permission.REVIEWS_GRADE)
@require_GET
def sampling_list(request: SignedInRequest) -> HttpResponse:
    page = paginate(request, queries.features())
    context = {
        "page": page,
        "rows": queries.standings(list(page)),
        "tabs": tabs("sampling", request.user),
    }
    return render(request, "reviews/sampling.html", context)


@requires(Permission.REVIEWS_LEAD)
@require_http_methods(["GET", "POST"])
def sampling_of(request: SignedInRequest, slug: str) -> HttpResponse:
    """`do`: "preview" shows what would be drawn, "save" puts it in force."""
    feature = load(queries.features(), slug=slug)
    policy = queries.policy_of(feature)
    form = SamplingForm(request.POST or None, policy=policy)
    wanted = form.is_valid() and request.POST.get("do") != "preview"
    if wanted and _saved(request, feature, form):
        return redirect("reviews:sampling-of", slug=slug)
    context = {
        "feature": feature,
        "policy": policy,
        "form": form,
        "standing": queries.standings([feature])[0],
        "preview": _preview(feature, form, policy),
        "unsaved": form.is_bound,
        "stretches": queries.stretches(feature),
    }
    return render(request, "reviews/sampling_of.html", context, status=422 if form.errors else 200)


def _saved(request: SignedInRequest, feature: Feature, form: SamplingForm) -> bool:
    try:
        actions.change_sampling(
            by=request.user, feature=feature, asked=form.asked, why=form.cleaned_data["why"]
        )
    except AiopsError as error:
        form.add_error(None, str(error))
        return False
    toasts.success(request, "It holds for all hours that are not drawn yet.")
    return True


def _preview(feature: Feature, form: SamplingForm, policy: SamplingPolicy) -> Preview | None:
    """Of what is typed, or of what is in force; None where that cannot be."""
    if form.errors:
        return None
    shown = form.asked if form.is_bound else policy
    return preview(
        feature,
        base=shown.base_share,
        shares=shown.shares,
        items_per_week=shown.items_per_week,
        weekly_minimum=shown.weekly_minimum,
    )
