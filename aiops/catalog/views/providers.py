"""Providers: list, page, add, change, try, delete."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.catalog import actions, connect, probe, queries
from aiops.catalog.forms import EditProviderForm, NewProviderForm
from aiops.catalog.models import TOKEN_CLASSES, Provider
from aiops.catalog.presets import PRESETS
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment, paginate


@requires(Permission.CATALOG_VIEW)
@require_GET
def provider_list(request: SignedInRequest) -> HttpResponse:
    context = {"page": paginate(request, queries.providers())}
    return page_or_fragment(request, "catalog/providers.html", "catalog/_providers.html", context)


@requires(Permission.CATALOG_VIEW)
@require_GET
def provider_page(request: SignedInRequest, slug: str) -> HttpResponse:
    provider = load(Provider.objects.all(), slug=slug)
    return render(request, "catalog/provider.html", _page_of(provider))


@requires(Permission.CATALOG_EDIT)
@require_http_methods(["GET", "POST"])
def new_provider(request: SignedInRequest) -> HttpResponse:
    preset = PRESETS.get(request.GET.get("preset", ""))
    form = NewProviderForm(request.POST or None, initial=_initial(request.GET.get("preset", "")))
    if request.method == "POST" and form.is_valid():
        try:
            provider = actions.add_provider(by=request.user, **form.cleaned_data)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, f"{provider.name} is added. Try it, then add its models.")
            return redirect("catalog:provider", provider.slug)
    context = {"form": form, "presets": PRESETS, "preset": preset, "options": connect.options_described()}
    return render(request, "catalog/provider_new.html", context, status=422 if form.errors else 200)


@requires(Permission.CATALOG_EDIT)
@require_http_methods(["GET", "POST"])
def edit_provider(request: SignedInRequest, slug: str) -> HttpResponse:
    provider = load(Provider.objects.all(), slug=slug)
    now = {
        field: getattr(provider, field) for field in EditProviderForm.base_fields if hasattr(provider, field)
    }
    form = EditProviderForm(request.POST or None, initial=now, provider=provider)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_provider(by=request.user, provider=provider, **form.changes)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, f"{provider.name} is changed.")
            return redirect("catalog:provider", provider.slug)
    context = {"form": form, "provider": provider, "options": connect.options_described(provider.kind)}
    return render(request, "catalog/provider_edit.html", context, status=422 if form.errors else 200)


@requires(Permission.CATALOG_EDIT)
@require_POST
def delete_provider(request: SignedInRequest, slug: str) -> HttpResponse:
    provider = load(Provider.objects.all(), slug=slug)
    try:
        actions.delete_provider(by=request.user, provider=provider)
    except AiopsError as error:
        toasts.failure(request, str(error))
        return redirect("catalog:provider", slug)
    toasts.success(request, f"{provider.name} is deleted.")
    return redirect("catalog:providers")


@requires(Permission.CATALOG_EDIT)
@require_POST
def try_provider(request: SignedInRequest, slug: str) -> HttpResponse:
    """A tiny real call on the chosen model, or the list of models where there is none yet."""
    provider = load(Provider.objects.all(), slug=slug)
    model = queries.models(provider=slug).filter(name=request.POST.get("model", "")).first()
    result = probe.call(model) if model else probe.offered(provider)
    actions.record_probe(by=request.user, provider=provider, outcome=result.audited)
    context = {**_page_of(provider), "probe": result, "chosen": model}
    return page_or_fragment(request, "catalog/provider.html", "catalog/_probe.html", context)


def _page_of(provider: Provider) -> dict[str, Any]:
    models = list(queries.models(provider=provider.slug, retired=True)[:200])
    return {
        "provider": provider,
        "rows": queries.priced(models),
        "token_classes": TOKEN_CLASSES,
        "usable": [model for model in models if not model.retired_at],
    }


def _initial(preset: str) -> dict[str, Any]:
    found = PRESETS.get(preset)
    if found is None:
        return {}
    return {
        "slug": preset,
        "name": found.name,
        "kind": found.kind,
        "base_url": found.base_url,
        "timeout_seconds": found.timeout_seconds,
    }
