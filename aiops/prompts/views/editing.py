"""A new prompt, a new version, and the check while somebody types."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError, Conflict, InvalidInput
from aiops.prompts import actions, files, queries
from aiops.prompts import format as prompt_format
from aiops.prompts.forms import NewPromptForm, VersionForm, scaffold
from aiops.prompts.models import Prompt, Version
from aiops.prompts.views.tabs import tabs


@requires(Permission.PROMPTS_EDIT)
@require_http_methods(["GET", "POST"])
def new_prompt(request: SignedInRequest) -> HttpResponse:
    form = NewPromptForm(
        request.POST or None, request.FILES or None, initial={"feature": request.GET.get("feature")}
    )
    problems: Any = ()
    if request.method == "POST" and form.is_valid():
        try:
            prompt = _made(request, form.cleaned_data)
        except InvalidInput as error:
            form.add_error("file" if error.problems else "name", str(error))
            problems = error.problems
        except AiopsError as error:
            form.add_error("name", str(error))
        else:
            return _next(prompt)
    context = {"form": form, "problems": problems}
    return render(request, "prompts/new.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _made(request: SignedInRequest, given: dict[str, Any]) -> Prompt:
    """The prompt and, from a file, its first version: both or neither."""
    file = given.pop("file")
    prompt = actions.create_prompt(by=request.user, **given)
    if file:
        source = files.native(file.name, file.read(), name=prompt.name)
        note = f"from {file.name[:100]}"
        actions.create_version(by=request.user, prompt=prompt, source=source, note=note)
    toasts.success(request, f"The prompt {prompt} is there.")
    return prompt


def _next(prompt: Prompt) -> HttpResponse:
    if prompt.versions.exists():
        return redirect("prompts:prompt", name=prompt.name)
    return redirect("prompts:new-version", name=prompt.name)


@requires(Permission.PROMPTS_EDIT)
@require_http_methods(["GET", "POST"])
def new_version(request: SignedInRequest, name: str) -> HttpResponse:
    """The editor of a prompt's file. `?from=N` begins with an older version, to go back to it."""
    prompt = load(Prompt.objects.select_related("feature"), name=name)
    latest = queries.latest_version(prompt)
    if request.method == "POST":
        return _saved(request, prompt, latest)
    begun = latest
    if request.GET.get("from", "").isdecimal():
        begun = load(Version.objects.all(), prompt=prompt, number=int(request.GET["from"]))
    source = prompt_format.decode(bytes(begun.source)) if begun else scaffold(prompt)
    form = VersionForm(initial={"source": source, "based_on": latest.number if latest else 0})
    return _editor(request, prompt, form, {"begun": begun, "latest": latest, "check": _checked(source, name)})


def _saved(request: SignedInRequest, prompt: Prompt, latest: Version | None) -> HttpResponse:
    form = VersionForm(request.POST)
    context: dict[str, Any] = {"latest": latest}
    if form.is_valid():
        source = _bytes(form.cleaned_data["source"], latest)
        try:
            version = actions.create_version(
                by=request.user,
                prompt=prompt,
                source=source,
                note=form.cleaned_data["note"],
                based_on=form.cleaned_data["based_on"],
            )
        except Conflict as error:
            # The person has seen it: the next save goes after the newer version.
            form.data = {**request.POST.dict(), "based_on": str(latest.number if latest else 0)}
            context["overtaken"] = str(error)
        except InvalidInput as error:
            form.add_error("source", f"Not saved: {str(error).split(': ', 1)[0]}.")
        else:
            return _after_save(request, prompt, version, is_new=latest is None or version.pk != latest.pk)
    context["check"] = _checked(request.POST.get("source", ""), prompt.name)
    return _editor(request, prompt, form, context, status=409 if "overtaken" in context else 422)


def _after_save(request: SignedInRequest, prompt: Prompt, version: Version, *, is_new: bool) -> HttpResponse:
    words = (
        f"Version {version.number} is saved."
        if is_new
        else f"Nothing changed: this is version {version.number}."
    )
    toasts.success(request, words)
    return redirect("prompts:version", name=prompt.name, number=version.number)


def _editor(
    request: SignedInRequest, prompt: Prompt, form: VersionForm, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    page = {"prompt": prompt, "form": form, "tabs": tabs(prompt, "new"), **context}
    return render(request, "prompts/edit.html", page, status=status)


def _bytes(typed: str, latest: Version | None) -> bytes:
    """The file of what was typed. Browsers change line ends: unchanged text keeps the latest bytes."""
    text = typed.replace("\r\n", "\n").replace("\r", "\n")
    if latest and prompt_format.decode(bytes(latest.source)) == text:
        return bytes(latest.source)
    return text.encode(errors="surrogatepass")


@requires(Permission.PROMPTS_EDIT)
@require_POST
def check_source(request: SignedInRequest, name: str) -> HttpResponse:
    """What is wrong with a draft, as a part of the editor."""
    prompt = load(Prompt.objects.all(), name=name)
    check = _checked(request.POST.get("source", ""), prompt.name)
    return render(request, "prompts/_check.html", {"check": check, "prompt": prompt})


def _checked(typed: str, name: str) -> dict[str, Any]:
    """`problems` and `warnings` of a draft, and what it declares where it can be read."""
    try:
        file = prompt_format.parse(typed.encode(errors="surrogatepass"), name=name)
    except InvalidInput as error:
        return {"problems": error.problems}
    return {
        "file": file,
        "variables": prompt_format.variables_of(file),
        "parameters": prompt_format.parameters_of(file),
        "warnings": prompt_format.warnings(file),
    }
