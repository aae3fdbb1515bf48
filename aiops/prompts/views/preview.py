"""The messages as they would be sent, from typed inputs or from a golden case."""

from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core.errors import InvalidInput
from aiops.core.pages import page_or_fragment
from aiops.datasets import queries as dataset_queries
from aiops.datasets.models import Case, Dataset
from aiops.prompts import queries
from aiops.prompts.forms import PreviewForm
from aiops.prompts.models import Prompt, Version
from aiops.prompts.render import estimate_tokens, render
from aiops.prompts.views.tabs import tabs


@requires(Permission.PROMPTS_VIEW)
@require_http_methods(["GET", "POST"])
def preview(request: SignedInRequest, name: str) -> HttpResponse:
    """`?version=7&dataset=tickets&case=t-001` fills the inputs from a case; what is typed comes by POST."""
    prompt = load(Prompt.objects.select_related("feature"), name=name)
    numbers = queries.numbers_of(prompt)
    if not numbers:
        raise Http404(f"The prompt {name} has no version to preview.")
    asked = request.GET.get("version", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 9 else numbers[0]
    version = load(Version.objects.defer("source"), prompt=prompt, number=number)
    case = _case(request)
    form = PreviewForm(version.variables, request.POST or None, initial=_initial(case))
    context: dict[str, Any] = {
        "prompt": prompt,
        "version": version,
        "numbers": numbers,
        "case": case,
        "form": form,
        "datasets": _datasets(request),
        "tabs": tabs(prompt, "preview", version=number),
    }
    if request.method == "POST" or case:
        context |= _rendered(version, form.inputs())
    status = 422 if request.method == "POST" and "problems" in context else 200
    return page_or_fragment(request, "prompts/preview.html", "prompts/_messages.html", context, status=status)


def _datasets(request: SignedInRequest) -> Any:
    if not request.user.may(Permission.DATASETS_VIEW):
        return Dataset.objects.none()
    return Dataset.objects.only("name")


def _case(request: SignedInRequest) -> Case | None:
    """The case that the URL names; the dataset's first one where it names none."""
    name, key = request.GET.get("dataset", ""), request.GET.get("case", "")
    if not name or not request.user.may(Permission.DATASETS_VIEW):
        return None
    cases = dataset_queries.draft_cases(load(Dataset.objects.all(), name=name)).select_related("dataset")
    return load(cases, key=key) if key else cases.first()


def _initial(case: Case | None) -> dict[str, str]:
    return {f"input.{name}": text for name, text in case.inputs.items()} if case else {}


def _rendered(version: Version, inputs: dict[str, str]) -> dict[str, Any]:
    try:
        messages = render(version, inputs)
    except InvalidInput as error:
        return {"problems": error.problems}
    return {"messages_sent": messages, "tokens": estimate_tokens(messages)}
