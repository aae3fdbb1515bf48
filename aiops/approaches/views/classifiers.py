"""Classifiers: the list, one with its versions and its training, a version with what it gets wrong."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.approaches import actions, queries
from aiops.approaches.deciding import ByClassifier
from aiops.approaches.forms import TrainForm, TryForm
from aiops.approaches.models import Classifier, ClassifierVersion, Training
from aiops.approaches.views.alike import begun, narrowed
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment, paginate

CLASSIFIERS = Classifier.objects.select_related("feature")


@requires(Permission.PROMPTS_VIEW)
@require_GET
def classifier_list(request: SignedInRequest) -> HttpResponse:
    templates = "approaches/classifiers.html", "approaches/_classifiers.html"
    return narrowed(request, queries.classifiers_listed, templates)


@requires(Permission.PROMPTS_EDIT)
@require_http_methods(["GET", "POST"])
def new_classifier(request: SignedInRequest) -> HttpResponse:
    return begun(
        request,
        actions.create_classifier,
        kind="classifier",
        back="approaches:classifiers",
        onward="approaches:train",
        step="train it",
    )


@requires(Permission.PROMPTS_VIEW)
@require_GET
def classifier_page(request: SignedInRequest, name: str) -> HttpResponse:
    classifier = load(CLASSIFIERS, name=name)
    training = queries.last_training(classifier)
    context = {
        "classifier": classifier,
        "training": training,
        "job": _job(training, may_cancel=request.user.may(Permission.PROMPTS_EDIT)),
        "page": paginate(request, queries.trained(classifier)),
    }
    return page_or_fragment(request, "approaches/classifier.html", "approaches/_trained.html", context)


@requires(Permission.PROMPTS_EDIT)
@require_http_methods(["GET", "POST"])
def train(request: SignedInRequest, name: str) -> HttpResponse:
    """Choose frozen cases; a worker does the rest."""
    classifier = load(CLASSIFIERS, name=name)
    form = TrainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.start_training(by=request.user, classifier=classifier, **form.cleaned_data)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, "The training is queued.")
            return redirect("approaches:classifier", name=name)
    context = {"form": form, "classifier": classifier}
    return render(request, "approaches/train.html", context, status=422 if form.errors else 200)


@requires(Permission.PROMPTS_VIEW)
@require_GET
def training_job(request: SignedInRequest, name: str, pk: int) -> HttpResponse:
    """The progress of a training; once it is over, the whole page is asked for again."""
    training = load(_trainings(), classifier__name=name, pk=pk)
    job = _job(training, may_cancel=request.user.may(Permission.PROMPTS_EDIT))
    response = render(request, "_components/job.html", {"job": job})
    if not training.is_active:
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.PROMPTS_EDIT)
@require_POST
def cancel(request: SignedInRequest, name: str, pk: int) -> HttpResponse:
    training = load(_trainings(), classifier__name=name, pk=pk)
    try:
        actions.cancel_training(by=request.user, training=training)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, "The training is cancelled.")
    return redirect("approaches:classifier", name=name)


@requires(Permission.PROMPTS_VIEW)
@require_GET
def version_page(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    version = load(_versions(), classifier__name=name, number=number)
    context = {"version": version, "classifier": version.classifier, "form": TryForm([version.variable])}
    return render(request, "approaches/trained.html", context)


@requires(Permission.PROMPTS_VIEW)
@require_POST
def try_version(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    version = load(_versions(), classifier__name=name, number=number)
    form = TryForm([version.variable], request.POST)
    context: dict[str, Any] = {"version": version, "classifier": version.classifier, "form": form}
    try:
        context["answer"] = ByClassifier(version).answer(form.inputs())
    except AiopsError as error:
        context["refused"] = str(error)
    return page_or_fragment(request, "approaches/trained.html", "approaches/_answer.html", context)


def _versions() -> Any:
    related = ClassifierVersion.objects.select_related(
        "classifier__feature", "dataset_version__dataset", "author"
    )
    return related.defer("weights")


def _trainings() -> Any:
    return Training.objects.select_related("classifier", "dataset_version__dataset")


def _job(training: Training | None, *, may_cancel: bool) -> dict[str, Any] | None:
    """What the progress box shows."""
    if training is None:
        return None
    place = [training.classifier.name, training.pk]
    words = "waits for a worker" if training.state == Training.State.QUEUED else "learns"
    return {
        "title": f"Training on {training.dataset_version} {words}",
        "done": training.done,
        "failed": 0,
        "total": training.total,
        "running": training.is_active,
        "poll_url": reverse("approaches:training", args=place),
        "cancel_url": reverse("approaches:cancel", args=place) if may_cancel and training.is_active else "",
    }
