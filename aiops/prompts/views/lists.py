"""The list of prompts, and one prompt with its versions."""

import json

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core.pages import page_or_fragment, paginate
from aiops.prompts import queries
from aiops.prompts.forms import PromptFilter
from aiops.prompts.models import Prompt, Version
from aiops.prompts.views.tabs import tabs


@requires(Permission.PROMPTS_VIEW)
@require_GET
def prompt_list(request: SignedInRequest) -> HttpResponse:
    asked = PromptFilter(request.GET)
    asked.is_valid()  # what does not fit narrows nothing
    chosen = {key: asked.cleaned_data.get(key, "") for key in asked.fields}
    page = paginate(request, queries.prompts_listed(**chosen))
    context = {
        "page": page,
        "chosen": chosen,
        "labels": queries.label_names(),
        "filtered": any(chosen.values()),
    }
    return page_or_fragment(request, "prompts/list.html", "prompts/_table.html", context)


@requires(Permission.PROMPTS_VIEW)
@require_GET
def prompt_page(request: SignedInRequest, name: str) -> HttpResponse:
    prompt = load(Prompt.objects.select_related("feature"), name=name)
    page = paginate(request, queries.versions_of(prompt))
    context = {"prompt": prompt, "page": page, "tabs": tabs(prompt, "versions")}
    return page_or_fragment(request, "prompts/prompt.html", "prompts/_versions.html", context)


@requires(Permission.PROMPTS_VIEW)
@require_GET
def version_page(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    version = load(
        Version.objects.select_related("prompt__feature", "author").prefetch_related("labels"),
        prompt__name=name,
        number=number,
    )
    others = queries.numbers_of(version.prompt)
    context = {
        "prompt": version.prompt,
        "version": version,
        "schema_text": json.dumps(version.output_schema, indent=2, ensure_ascii=False),
        "previous": max((other for other in others if other < number), default=None),
        "tabs": tabs(version.prompt, "template", version=number),
    }
    return render(request, "prompts/version.html", context)


@requires(Permission.PROMPTS_VIEW)
@require_GET
def download(_request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """The very bytes of the version's `.prompt` file."""
    version = load(Version.objects.all(), prompt__name=name, number=number)
    return HttpResponse(
        bytes(version.source),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.prompt"'},
    )
