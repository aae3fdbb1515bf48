"""How good live answers are: per feature, category, locale and prompt version."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import clock, toasts
from aiops.core.errors import AiopsError
from aiops.core.exports import stream_csv
from aiops.core.pages import asked, paginate
from aiops.features.models import Feature
from aiops.features.tabs import tabs
from aiops.monitoring.actions import quality as actions
from aiops.monitoring.marks import marks
from aiops.monitoring.quality import showing
from aiops.monitoring.quality.asking import lacks
from aiops.monitoring.queries import quality as queries

COLUMNS = (
    "range", "by", "name", "state", "pass_rate", "low", "high", "human_grades", "judged", "judge_alone",
    "judge_low", "judge_high", "without_reweighting", "covered", "left_out",
)  # fmt: skip  # short names, packed: they would fill the page
_CELLS = (
    "state", "mean", "low", "high", "graded", "judged", "judge", "judge_low", "judge_high", "plain",
    "covered", "left_out",
)  # fmt: skip  # as above


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def quality_list(request: SignedInRequest) -> HttpResponse:
    key = asked(request, "range") or showing.USUAL
    page = paginate(request, queries.features(asked(request, "feature")))
    reports = queries.reports(page.object_list)
    rows = [showing.shown(feature, key, reports.get(feature.pk)) for feature in page]
    context = {"page": page, "rows": rows, "ranges": showing.RANGES.items(), "key": key}
    return render(request, "quality/list.html", context)


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def quality_page(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    found = showing.shown(feature, asked(request, "range"), queries.reports([feature]).get(feature.pk))
    locale = asked(request, "locale") if asked(request, "locale") in found.locales else ""
    now = clock.now()
    context = {
        "feature": feature,
        "tabs": tabs(feature, "quality", request.user),
        "quality": found,
        "ranges": showing.RANGES.items(),
        "locale": locale,
        "chart": found.chart(locale, marks(found.charted_since(now), now, slug)),
        "lacks": lacks(feature),
        "live": queries.live_judge(feature),
        "policy": queries.policy(feature),
    }
    return render(request, "quality/page.html", context)


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def quality_csv(_request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Every figure of the report, in all times."""
    feature = load(Feature.objects.all(), slug=slug)
    report = queries.reports([feature]).get(feature.pk)
    ranges = report.figures["ranges"] if report else {}
    rows = (
        [key, by, name, *(found.get(cell) for cell in _CELLS)]
        for key, slices in ranges.items()
        for by in ("all", "locale", "category", "version")
        for name, found in ([["", slices["all"]]] if by == "all" else slices[by])
    )
    return stream_csv(f"quality-{slug}.csv", COLUMNS, rows)


@requires(Permission.DATASETS_EDIT)
@require_POST
def add_cases(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    category, locale = (request.POST.get(name, "")[:200] for name in ("category", "locale"))
    try:
        dataset, cases = actions.add_live_cases(
            by=request.user, feature=feature, category=category, locale=locale
        )
    except AiopsError as error:
        toasts.error(request, str(error))
        return redirect("quality:page", slug)
    toasts.success(
        request,
        f"Added {len(cases)} case{'' if len(cases) == 1 else 's'} to the draft of {dataset.name}. "
        "Say what each should answer.",
    )
    return redirect("datasets:cases", dataset.name)
