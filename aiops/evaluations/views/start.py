"""Starting runs: choose, see what they cost, start."""

from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from aiops.accounts.access import SignedInRequest, requires
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError, InvalidInput
from aiops.core.pages import page_or_fragment
from aiops.datasets import actions as datasets
from aiops.datasets.models import Dataset, DatasetVersion
from aiops.evaluations import actions, live, queries
from aiops.evaluations.forms import ScorersForm, StartForm
from aiops.evaluations.forms.start import MOST
from aiops.evaluations.mix import LEAST_CALLS, Mix
from aiops.evaluations.models import MAX_REPEATS, Run
from aiops.evaluations.planned import Plan, plan
from aiops.evaluations.prospects import Prospect, prospect
from aiops.evaluations.statistics import LEAST
from aiops.features.models import Feature
from aiops.prompts.models import Version


@requires(Permission.EVALUATIONS_RUN)
@require_http_methods(["GET", "POST"])
def start(request: SignedInRequest) -> HttpResponse:
    """GET shows the form, filled from the URL; POST starts, or with `preview` shows what it would cost."""
    preview = request.method == "GET" or "preview" in request.POST
    given = _from_url(request.GET) if request.method == "GET" else request.POST
    form = StartForm(given, feature=_feature(given))
    dataset = form.chosen_dataset()
    scorers = _scorers_form(request, given, dataset)
    if not preview and form.is_valid() and scorers.is_valid():
        try:
            runs = _start(request.user, form, scorers)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            return _started(request, runs)
    if preview:
        form.errors.clear()  # not sent yet: what is missing is no mistake
    context = {
        "form": form,
        "scorers": scorers,
        "dataset": dataset,
        "plan": _plan(form, scorers),
        "prospect": _prospect(form, dataset),
        "mix": _mix(form, dataset),
        "least": LEAST,
        "least_calls": LEAST_CALLS,
    }
    status = 422 if form.errors or (not preview and scorers.errors) else 200
    return page_or_fragment(
        request, "evaluations/start.html", "evaluations/_start_form.html", context, status=status
    )


@transaction.atomic
def _start(by: User, form: StartForm, scorers: ScorersForm) -> list[Run]:
    """A run for each approach that is ticked, all over the same frozen cases."""
    chosen = form.cleaned_data
    dataset_version = form.chosen_version()
    if dataset_version is None:
        dataset = form.chosen_dataset()
        if dataset is None:
            raise InvalidInput("Choose a golden dataset.")
        dataset_version = datasets.freeze(by=by, dataset=dataset, note="Frozen for an evaluation")
    return [
        actions.start_run(
            by=by,
            feature=chosen["feature"],
            dataset_version=dataset_version,
            approach=approach,
            scorers=scorers.configured,
            terms=actions.Terms(**{name: chosen[name] for name in ("repeats", "ceiling", "reuse")}),
            note=chosen["note"],
        )
        for approach in form.approaches()
    ]


def _started(request: SignedInRequest, runs: list[Run]) -> HttpResponse:
    """To the run, or to all of them side by side."""
    if len(runs) == 1:
        toasts.success(request, f"{runs[0]} is queued: {runs[0].total:,} cases to answer.")
        return redirect("evaluations:run", pk=runs[0].pk)
    toasts.success(request, f"{len(runs)} runs are queued, over the same cases.")
    query = urlencode({"run": [run.pk for run in runs]}, doseq=True)
    return redirect(f"{reverse('evaluations:side-by-side')}?{query}")


def _scorers_form(request: SignedInRequest, given: QueryDict, dataset: Dataset | None) -> ScorersForm:
    """As sent; but a newly chosen dataset brings the scorers that it is usually judged by."""
    sent = request.method == "POST" and given.get("scorers_of") == str(dataset.pk if dataset else "")
    if sent:
        return ScorersForm(given)
    run = Run.objects.filter(pk=_number(given.get("run"))).first()
    stored = run.scorers if run is not None else (dataset.scorers if dataset is not None else [])
    return ScorersForm.showing(stored)


def _plan(form: StartForm, scorers: ScorersForm) -> Plan:
    """What each approach that is ticked comes to, once the cases are chosen too."""
    cases: DatasetVersion | Dataset | None = form.chosen_version() or form.chosen_dataset()
    if cases is None:
        return Plan()
    repeats = min(MAX_REPEATS, max(1, _number(form["repeats"].value()) or 1))
    scorers.is_valid()  # what is right among them is in `configured`
    return plan(
        form.approaches()[:MOST],
        cases,
        repeats=repeats,
        reuse=bool(form["reuse"].value()),
        scorers=scorers.configured,
    )


def _prospect(form: StartForm, dataset: Dataset | None) -> Prospect | None:
    feature = _feature_named(str(form["feature"].value() or ""))
    if feature is None or dataset is None:
        return None
    return prospect(feature, form.chosen_version() or dataset)


def _mix(form: StartForm, dataset: Dataset | None) -> Mix | None:
    """How the cases differ from the feature's live calls, once both are known."""
    feature = _feature_named(str(form["feature"].value() or ""))
    return (
        None if feature is None or dataset is None else live.before(feature, form.chosen_version() or dataset)
    )


def _from_url(query: QueryDict) -> QueryDict:
    """The form's values from the URL: `run` names a run to repeat; `version`, `rules` or `classifier` alone
    brings what belongs to it.
    """
    given = query.copy()
    given.setdefault("repeats", "1")
    run = queries.runs().filter(pk=_number(query.get("run"))).first()
    if run is not None:
        _fill(given, _of_run(run))
    _fill(given, _belongings(query))
    if "dataset" not in given and (feature_chosen := _feature(given)):
        _fill(given, {"dataset": _latest_dataset(feature_chosen)})
    return given


def _of_run(run: Run) -> dict[str, Any]:
    return {
        "feature": run.feature.slug,
        "dataset": f"v{run.dataset_version_id}",
        "version": str(run.version_id or ""),
        "model": run.model.name if run.model else "",
        "rules": str(run.rule_set_version_id or ""),
        "classifier": str(run.classifier_version_id or ""),
        "repeats": str(run.repeats),
        "ceiling": "" if run.ceiling is None else f"{run.ceiling.normalize():f}",
    }


def _belongings(query: QueryDict) -> dict[str, str]:
    """The feature of the version that the URL names, and the model of a prompt's."""
    asked = {name: _number(query.get(name)) for name in ("version", "rules", "classifier")}
    version = Version.objects.select_related("prompt__feature").filter(pk=asked["version"]).first()
    if version is not None:
        slug = version.prompt.feature.slug if version.prompt.feature else ""
        return {"feature": slug, "model": version.model}
    owners = Feature.objects.filter(
        Q(rule_sets__versions=asked["rules"]) | Q(classifiers__versions=asked["classifier"])
    )
    owner = owners.first()
    return {"feature": owner.slug} if owner else {}


def _latest_dataset(feature: Feature) -> str:
    newest = DatasetVersion.objects.filter(dataset__feature=feature).order_by("-frozen_at").first()
    return f"v{newest.pk}" if newest else ""


def _fill(given: QueryDict, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if value and (name == "repeats" or not given.get(name)):
            given[name] = value


def _feature(given: QueryDict) -> Feature | None:
    return _feature_named(given.get("feature", ""))


def _feature_named(slug: str) -> Feature | None:
    return Feature.objects.filter(slug=slug).first()


def _number(value: Any) -> int:
    """A row's id, 0 for what is none."""
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
