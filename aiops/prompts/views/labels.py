"""Labels: a page that says what will change, then the change."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.prompts import actions, queries
from aiops.prompts.forms import LabelForm
from aiops.prompts.models import Prompt, Version
from aiops.prompts.views.tabs import tabs


@requires(Permission.PROMPTS_EDIT)
@require_GET
def label_version(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Which label is to mean this version, and what it means now."""
    version = load(Version.objects.select_related("prompt__feature"), prompt__name=name, number=number)
    return _page(request, version, LabelForm(initial={"version": number}))


@requires(Permission.PROMPTS_EDIT)
@require_POST
def move_label(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    version = load(Version.objects.select_related("prompt__feature"), prompt__name=name, number=number)
    form = LabelForm({**request.POST.dict(), "version": number})
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.move_label(
                by=request.user,
                prompt=version.prompt,
                name=given["name"],
                version=version,
                expected=given["expected"],
                reason=given["reason"],
            )
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, f"{given['name']} is version {number} now.")
            return redirect("prompts:prompt", name=name)
    return _page(request, version, form, status=422)


@requires(Permission.PROMPTS_EDIT)
@require_POST
def remove_label(request: SignedInRequest, name: str, label: str) -> HttpResponse:
    prompt = load(Prompt.objects.select_related("feature"), name=name)
    try:
        actions.remove_label(by=request.user, prompt=prompt, name=label)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, f"The label {label} is off.")
    return redirect("prompts:prompt", name=name)


def _page(request: SignedInRequest, version: Version, form: LabelForm, status: int = 200) -> HttpResponse:
    standing = version.prompt.labels.select_related("version").order_by("name")
    context = {
        "prompt": version.prompt,
        "version": version,
        "form": form,
        "labels": standing,
        "production": queries.PRODUCTION,
        "tabs": tabs(version.prompt, "versions", version=version.number),
    }
    return render(request, "prompts/label.html", context, status=status)
