"""What becomes of a try: a version of the prompt, a golden case."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError, Conflict
from aiops.datasets import actions as datasets
from aiops.evaluations.forms.playground import AnswerCaseForm, TryForm, latest_number
from aiops.evaluations.models import PlaygroundCall
from aiops.evaluations.playground.desk import Desk, plain
from aiops.evaluations.views.playground import problems_of, shown, unusable
from aiops.prompts import actions as prompts
from aiops.prompts.models import Version


@requires(Permission.PROMPTS_EDIT)
@require_POST
def save_version(request: SignedInRequest) -> HttpResponse:
    """The draft as the next version of its prompt."""
    form = TryForm(request.POST)
    if not form.is_valid():
        return unusable(request, form)
    desk = form.desk()
    try:
        version = prompts.create_version(
            by=request.user,
            prompt=desk.prompt,
            source=_bytes(desk),
            note=form.cleaned_data["note"],
            based_on=form.cleaned_data["latest"],
        )
    except AiopsError as error:
        return _not_saved(request, desk, error)
    toasts.success(request, f"{version} is saved.")
    return redirect(_address(desk, version))


def _bytes(desk: Desk) -> bytes:
    """Browsers change line ends: text that nobody changed keeps its version's bytes."""
    if desk.begun is not None and not desk.changed:
        return bytes(desk.begun.source)
    return plain(desk.source).encode(errors="surrogatepass")


def _not_saved(request: SignedInRequest, desk: Desk, error: AiopsError) -> HttpResponse:
    """What was typed stays; after a conflict the next press puts it behind the other's version."""
    data = request.POST.copy()
    overtaken = isinstance(error, Conflict)
    if overtaken:
        data["latest"] = str(latest_number(desk.prompt))
    status = 409 if overtaken else 422
    return shown(request, desk, TryForm(data), data=data, problems=problems_of(error), status=status)


def _address(desk: Desk, version: Version) -> str:
    """The same desk with the new version on it."""
    kept: list[tuple[str, Any]] = [("prompt", desk.prompt.name), ("version", version.number)]
    kept += [("model", model.name) for model in desk.models]
    if desk.case:
        kept += [("dataset", desk.case.dataset.name), ("case", desk.case.key)]
    return f"{reverse('playground:page')}?{urlencode(kept)}"


@requires(Permission.DATASETS_EDIT)
@require_http_methods(["GET", "POST"])
def save_case(request: SignedInRequest, pk: int) -> HttpResponse:
    """An answer with its inputs as a case of a dataset's draft; the person may mend it first."""
    call = load(
        PlaygroundCall.objects.select_related(
            "trial__prompt", "trial__version__prompt", "trial__case__dataset", "model"
        ).exclude(output=""),
        pk=pk,
    )
    form = AnswerCaseForm(
        request.POST or None, initial=_initial(call), variables=sorted(call.trial.inputs), with_id=True
    )
    if request.method == "POST" and form.is_valid():
        dataset = form.cleaned_data["dataset"]
        try:
            case = datasets.add_case(by=request.user, dataset=dataset, values=form.values())
        except AiopsError as error:
            for problem in problems_of(error):
                form.add_error(None, str(problem))
        else:
            toasts.success(request, f"The case {case} is added to the draft of {dataset}.")
            return redirect(f"{reverse('datasets:case', args=[dataset.name])}?{urlencode({'id': case.key})}")
    context = {"form": form, "call": call, "trial": call.trial}
    return render(request, "evaluations/playground_case.html", context, status=422 if form.errors else 200)


def _initial(call: PlaygroundCall) -> dict[str, Any]:
    """Inputs and answer as they were; where they came from stands in the metadata."""
    trial = call.trial
    came: dict[str, Any] = {"playground_call": call.pk, "prompt": trial.prompt.name, "model": call.model.name}
    came |= {"version": trial.version.number if trial.version else None, "draft": bool(trial.draft)}
    case = trial.case
    if case is not None:
        came["case"] = f"{case.dataset.name}: {case.key}"
    return {
        **{f"input.{name}": text for name, text in trial.inputs.items()},
        "id": f"playground-{call.pk}",
        "dataset": case.dataset.name if case else None,
        "category": case.category if case else "",
        "locale": case.locale if case else "",
        "expected_kind": "json" if _is_json(call.output) else "text",
        "expected": call.output,
        "metadata": json.dumps({"source": came}, ensure_ascii=False, indent=2),
    }


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False
