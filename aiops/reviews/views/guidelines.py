"""What reviewers of a feature go by: read by all who grade, written by leads."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import diffs, toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import paginate
from aiops.features.models import Feature
from aiops.reviews import actions
from aiops.reviews.forms.guidelines import GuidelineForm
from aiops.reviews.guidance import COMMON, guidance
from aiops.reviews.models import Guideline
from aiops.reviews.queries import guidelines as queries
from aiops.reviews.tabs import tabs


@requires(Permission.REVIEWS_GRADE)
@require_GET
def guideline_list(request: SignedInRequest) -> HttpResponse:
    context = {
        "tabs": tabs("guidelines", request.user),
        "page": paginate(request, queries.features_with_guidelines()),
        "common": guidance(COMMON),
    }
    return render(request, "reviews/guidelines.html", context)


@requires(Permission.REVIEWS_GRADE)
@require_GET
def guideline_page(request: SignedInRequest, slug: str, number: int | None = None) -> HttpResponse:
    """The one in force, or version `number`, with what it changed; and all versions."""
    feature = load(Feature.objects.all(), slug=slug)
    rows = Guideline.objects.filter(feature=feature).select_related("by")
    latest = queries.guideline_in_force(feature)
    shown = latest if number is None else load(rows, number=number)
    before = rows.filter(number=shown.number - 1).first() if shown else None
    context = {
        "feature": feature,
        "latest": latest,
        "shown": shown,
        "guidance": guidance(shown.text if shown else COMMON),
        "diff": diffs.lines(before.text, shown.text) if shown and before else None,
        "before": before,
        "versions": rows.order_by("-number")[:50],
    }
    return render(request, "reviews/guideline.html", context)


@requires(Permission.REVIEWS_LEAD)
@require_http_methods(["GET", "POST"])
def write_guideline(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    latest = queries.guideline_in_force(feature)
    begun = {"text": latest.text if latest else COMMON, "based_on": latest.number if latest else 0}
    form = GuidelineForm(request.POST or None, initial=begun)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.write_guideline(by=request.user, feature=feature, **form.cleaned_data)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, f"Version {made.number} stands beside the outputs now.")
            return redirect("reviews:guidelines-of", slug=slug)
    context = {"feature": feature, "latest": latest, "form": form}
    return render(request, "reviews/write_guideline.html", context, status=422 if form.errors else 200)
