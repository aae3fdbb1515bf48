"""Starting a run: choose, see what it costs, start."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from aiops.accounts.access import SignedInRequest, requires
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.catalog.models import Model
from aiops.core import toasts
from aiops.core.errors import AiopsError, InvalidInput
from aiops.core.pages import page_or_fragment
from aiops.datasets import actions as datasets
from aiops.datasets.models import Dataset, DatasetVersion
from aiops.evaluations import actions, queries
from aiops.evaluations.estimate import Estimate, estimate
from aiops.evaluations.forms import ScorersForm, StartForm
from aiops.evaluations.models import OnModel, Run
from aiops.evaluations.prospects import Prospect, prospect
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
            run = _start(request.user, form, scorers)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, f"{run} is queued: {run.total:,} calls.")
            return redirect("evaluations:run", pk=run.pk)
    if preview:
        form.errors.clear()  # not sent yet: what is missing is no mistake
    estimated, problem = _estimated(form)
    context = {
        "form": form,
        "scorers": scorers,
        "dataset": dataset,
        "estimate": estimated,
        "prospect": _prospect(form, dataset),
        "problem": problem,
    }
    status = 422 if form.errors or (not preview and scorers.errors) else 200
    return page_or_fragment(
        request, "evaluations/start.html", "evaluations/_start_form.html", context, status=status
    )


@transaction.atomic
def _start(by: User, form: StartForm, scorers: ScorersForm) -> Run:
    chosen = form.cleaned_data
    dataset_version = form.chosen_version()
    if dataset_version is None:
        dataset = form.chosen_dataset()
        if dataset is None:
            raise InvalidInput("Choose a golden dataset.")
        dataset_version = datasets.freeze(by=by, dataset=dataset, note="Frozen for an evaluation")
    return actions.start_run(
        by=by,
        feature=chosen["feature"],
        dataset_version=dataset_version,
        approach=OnModel(chosen["version"], chosen["model"]),
        scorers=scorers.configured,
        repeats=chosen["repeats"],
        ceiling=chosen["ceiling"],
        note=chosen["note"],
    )


def _scorers_form(request: SignedInRequest, given: QueryDict, dataset: Dataset | None) -> ScorersForm:
    """As sent; but a newly chosen dataset brings the scorers that it is usually judged by."""
    sent = request.method == "POST" and given.get("scorers_of") == str(dataset.pk if dataset else "")
    if sent:
        return ScorersForm(given)
    run = Run.objects.filter(pk=_number(given.get("run"))).first()
    stored = run.scorers if run is not None else (dataset.scorers if dataset is not None else [])
    return ScorersForm(initial=ScorersForm.initial_of(stored))


def _estimated(form: StartForm) -> tuple[Estimate | None, str]:
    """The estimate, once enough is chosen; or why there is none."""
    version = Version.objects.filter(pk=_number(form["version"].value())).first()
    model = Model.objects.filter(name=form["model"].value() or "").first()
    cases: DatasetVersion | Dataset | None = form.chosen_version() or form.chosen_dataset()
    if version is None or model is None or cases is None:
        return None, "Choose a dataset, a version and a model to see what the run will cost."
    repeats = min(10, max(1, _number(form["repeats"].value()) or 1))
    found = estimate(version=version, model=model, cases=cases, repeats=repeats)
    return found, "" if found else f"The model {model} has no price that holds now."


def _prospect(form: StartForm, dataset: Dataset | None) -> Prospect | None:
    feature = _feature_named(str(form["feature"].value() or ""))
    if feature is None or dataset is None:
        return None
    return prospect(feature, form.chosen_version() or dataset)


def _from_url(query: QueryDict) -> QueryDict:
    """The form's values from the URL: `run` names a run to repeat, `version` alone brings what belongs to
    it.
    """
    given = query.copy()
    given.setdefault("repeats", "1")
    run = queries.runs().filter(pk=_number(query.get("run"))).first()
    if run is not None:
        _fill(given, _of_run(run))
    version = (
        Version.objects.select_related("prompt__feature").filter(pk=_number(query.get("version"))).first()
    )
    if version is not None:
        feature = version.prompt.feature
        _fill(given, {"feature": feature.slug if feature else "", "model": version.model})
    if "dataset" not in given and (feature_chosen := _feature(given)):
        _fill(given, {"dataset": _latest_dataset(feature_chosen)})
    return given


def _of_run(run: Run) -> dict[str, Any]:
    return {
        "feature": run.feature.slug,
        "dataset": f"v{run.dataset_version_id}",
        "version": str(run.version_id or ""),
        "model": run.model.name if run.model else "",
        "repeats": str(run.repeats),
        "ceiling": "" if run.ceiling is None else f"{run.ceiling.normalize():f}",
    }


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
