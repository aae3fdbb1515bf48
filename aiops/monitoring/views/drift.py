"""What has changed in live inputs and outputs: by feature, and one feature signal by signal."""

from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import asked, paginate
from aiops.features.models import Feature
from aiops.features.tabs import tabs
from aiops.monitoring.actions import drift as actions
from aiops.monitoring.drift import showing, wording
from aiops.monitoring.forms.drift import DriftPolicyForm
from aiops.monitoring.marks import marks
from aiops.monitoring.models import DriftCheck, DriftReading
from aiops.monitoring.queries import drift as queries

PACES = ((DriftCheck.Pace.DAY, "By the day"), (DriftCheck.Pace.HOUR, "By the hour"))


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def drift_list(request: SignedInRequest) -> HttpResponse:
    page = paginate(request, queries.features(asked(request, "feature")))
    newest = queries.newest([feature.slug for feature in page], DriftCheck.Pace.DAY)
    tallies, drifting = queries.states(newest.values()), queries.drifting(newest.values())
    rows = []
    for feature in page:
        one = newest.get(feature.slug)
        found = drifting.get(one.pk, []) if one else []
        words = [wording.sentence(reading) for reading in found[:2]]
        rows.append((feature, one, tallies.get(one.pk, {}) if one else {}, words))
    return render(request, "drift/list.html", {"page": page, "rows": rows})


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def feature_drift(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    pace = DriftCheck.Pace.HOUR if asked(request, "pace") == "hour" else DriftCheck.Pace.DAY
    at = _moment(asked(request, "at"))
    found = showing.shown(slug, pace, at, asked(request, "signal"), asked(request, "against"))
    context = {
        "feature": feature,
        "tabs": tabs(feature, "drift", request.user),
        "pace": pace,
        "paces": PACES,
        "drift": found,
        "at": at,
        "last_page": queries.last_page(slug),
        "progress": queries.progress(slug),
        **_detail(request, slug, found),
    }
    return render(request, "drift/feature.html", context)


def _detail(request: SignedInRequest, slug: str, found: showing.Shown) -> dict[str, object]:
    """The chosen signal's chart, and the calls that moved it most where the person may read calls."""
    if found.whole is None or found.check is None:
        return {}
    drawn = marks(found.checks[-1].start, found.checks[0].until, slug)
    reading = found.whole.reading
    calls = queries.moved(reading) if request.user.may(Permission.CALLS_VIEW) else []
    return {"chart": showing.chart(slug, reading, found.checks, drawn), "calls": calls}


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        return None


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def send(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Send the calls that moved a reading most to review."""
    rows = DriftReading.objects.select_related("check_of")
    reading = load(rows, pk=pk, check_of__feature=slug)
    try:
        made = actions.send_movers(by=request.user, reading=reading)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        count = len(made)
        toasts.success(
            request, f"{count} sent to review." if count else "They are in review already, all of them."
        )
    looked = reading.check_of
    where = {"pace": looked.pace, "at": f"{looked.start:%Y-%m-%dT%H}", "signal": reading.signal}
    return redirect(f"{_page(slug)}?{urlencode({**where, 'against': reading.against})}")


@requires(Permission.POLICY_EDIT)
@require_http_methods(["GET", "POST"])
def settings(request: SignedInRequest, slug: str) -> HttpResponse:
    feature = load(Feature.objects.all(), slug=slug)
    form = DriftPolicyForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        actions.set_drift_policy(by=request.user, feature=feature, **form.values())  # type: ignore[arg-type]  # as the form cleaned them
        toasts.success(request, "Kept. The next windows are held against it.")
        return redirect(_page(slug))
    form = form or DriftPolicyForm.of(queries.policy(feature))
    context = {"feature": feature, "form": form, "tabs": tabs(feature, "drift", request.user)}
    return render(request, "drift/settings.html", context, status=422 if form.is_bound else 200)


def _page(slug: str) -> str:
    return reverse("drift:feature", args=[slug])
