"""Models: list, page with the history of prices, add, change, retire, price."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.catalog import actions, probe, queries
from aiops.catalog.forms import ModelForm, NewModelForm, PriceForm
from aiops.catalog.models import TOKEN_CLASSES, Model, Provider
from aiops.core import clock, toasts
from aiops.core.errors import AiopsError
from aiops.core.exports import stream_csv
from aiops.core.pages import page_or_fragment, paginate

_CSV = ("model", "vendor_name", "provider", "simulated", "tier", "retired_at", "effective_at", *TOKEN_CLASSES)


@requires(Permission.CATALOG_VIEW)
@require_GET
def model_list(request: SignedInRequest) -> HttpResponse:
    page = paginate(request, queries.models(**_filters(request)))
    context = {
        "page": page,
        "rows": queries.priced(list(page.object_list)),
        "token_classes": TOKEN_CLASSES,
        "providers": Provider.objects.all(),
        "tiers": Model.Tier.choices,
        "chosen": _filters(request),
        "filtered": any(_filters(request).values()),
    }
    return page_or_fragment(request, "catalog/models.html", "catalog/_models.html", context)


@requires(Permission.CATALOG_VIEW)
@require_GET
def model_csv(request: SignedInRequest) -> HttpResponseBase:
    """The list's models with the price in force now, USD per token."""
    priced = queries.priced(list(queries.models(**_filters(request))))
    return stream_csv("models.csv", _CSV, (_line(model, price) for model, price, _ in priced))


@requires(Permission.CATALOG_VIEW)
@require_GET
def model_page(request: SignedInRequest, name: str) -> HttpResponse:
    model = load(Model.objects.select_related("provider"), name=name)
    return render(
        request, "catalog/model.html", _page_of(request, model, PriceForm(initial=_rates_now(model)))
    )


@requires(Permission.CATALOG_EDIT)
@require_POST
def set_price(request: SignedInRequest, name: str) -> HttpResponse:
    model = load(Model.objects.select_related("provider"), name=name)
    form = PriceForm(request.POST)
    if form.is_valid():
        try:
            price = actions.set_price(by=request.user, model=model, **form.rates)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            when = "from now on" if price.effective_at <= clock.now() else "from the time you set"
            toasts.success(request, f"The price of {model.name} holds {when}.")
            return redirect("catalog:model", model.name)
    return render(request, "catalog/model.html", _page_of(request, model, form), status=422)


@requires(Permission.CATALOG_EDIT)
@require_http_methods(["GET", "POST"])
def new_model(request: SignedInRequest) -> HttpResponse:
    provider = Provider.objects.filter(slug=request.GET.get("provider", "")).first()
    form = NewModelForm(
        request.POST or None, initial=_suggested(provider, request.GET.get("vendor_name", ""))
    )
    if request.method == "POST" and form.is_valid():
        try:
            model = actions.add_model(by=request.user, **form.cleaned_data)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, f"{model.name} is added. It needs a price before anything may call it.")
            return redirect("catalog:model", model.name)
    context = {"form": form, "provider": provider, "any_provider": provider or Provider.objects.first()}
    return render(request, "catalog/model_new.html", context, status=422 if form.errors else 200)


@requires(Permission.CATALOG_EDIT)
@require_GET
def vendor_models(request: SignedInRequest, slug: str) -> HttpResponse:
    """What the vendor offers, each with a link that fills the form of a new model."""
    provider = load(Provider.objects.all(), slug=slug)
    known = set(queries.models(provider=slug, retired=True).values_list("vendor_name", flat=True))
    context = {"provider": provider, "probe": probe.offered(provider), "known": known}
    return page_or_fragment(request, "catalog/vendor_models.html", "catalog/_vendor_models.html", context)


@requires(Permission.CATALOG_EDIT)
@require_http_methods(["GET", "POST"])
def edit_model(request: SignedInRequest, name: str) -> HttpResponse:
    model = load(Model.objects.select_related("provider"), name=name)
    form = ModelForm(
        request.POST or None, initial={field: getattr(model, field) for field in ModelForm.base_fields}
    )
    if request.method == "POST" and form.is_valid():
        try:
            model = actions.change_model(by=request.user, model=model, **form.cleaned_data)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, f"{model.name} is changed.")
            return redirect("catalog:model", model.name)
    context = {"form": form, "model": model, "old_name": name}
    return render(request, "catalog/model_edit.html", context, status=422 if form.errors else 200)


@requires(Permission.CATALOG_EDIT)
@require_POST
def retire_model(request: SignedInRequest, name: str) -> HttpResponse:
    back = reverse("catalog:model-restore", args=[name])
    return _do(request, name, actions.retire_model, "is retired: nothing new can call it.", undo=back)


@requires(Permission.CATALOG_EDIT)
@require_POST
def restore_model(request: SignedInRequest, name: str) -> HttpResponse:
    return _do(request, name, actions.restore_model, "can be used again.")


@requires(Permission.CATALOG_EDIT)
@require_POST
def delete_model(request: SignedInRequest, name: str) -> HttpResponse:
    return _do(request, name, actions.delete_model, "is deleted.", after="catalog:models")


def _do(
    request: SignedInRequest,
    name: str,
    act: Callable[..., None],
    done: str,
    *,
    after: str = "",
    undo: str | None = None,
) -> HttpResponse:
    model = load(Model.objects.all(), name=name)
    try:
        act(by=request.user, model=model)
    except AiopsError as error:
        toasts.failure(request, str(error))
        return redirect("catalog:model", name)
    toasts.success(request, f"{name} {done}", undo_url=undo)
    return redirect(after) if after else redirect("catalog:model", name)


def _page_of(request: SignedInRequest, model: Model, form: PriceForm) -> dict[str, Any]:
    history = paginate(request, queries.price_history(model))
    return {
        "model": model,
        "page": history,
        "current": queries.price_at(model, clock.now()),
        "form": form,
        "now": clock.now(),
    }


def _filters(request: SignedInRequest) -> dict[str, Any]:
    asked = request.GET
    chosen = {name: asked.get(name, "").strip() for name in ("provider", "tier", "text")}
    return {**chosen, "retired": asked.get("retired") == "1"}


def _line(model: Model, price: Any) -> list[Any]:
    rates = [getattr(price, name, None) for name in ("effective_at", *TOKEN_CLASSES)]
    simulated = "yes" if model.provider.is_simulated else "no"
    return [
        model.name,
        model.vendor_name,
        model.provider.slug,
        simulated,
        model.tier,
        model.retired_at,
        *rates,
    ]


def _rates_now(model: Model) -> dict[str, Any]:
    price = queries.price_at(model, clock.now())
    if price is None:
        return {}
    return {name: text.lstrip("$").replace(",", "") for name, text in price.per_million.items() if text}


def _suggested(provider: Provider | None, vendor_name: str) -> dict[str, Any]:
    ours = "".join(
        c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in vendor_name.rpartition("/")[2]
    )
    return {
        "provider": provider.slug if provider else None,
        "vendor_name": vendor_name,
        "name": ours.strip("-").lower(),
    }
