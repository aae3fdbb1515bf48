"""A price list: choose the file, see what it would change, take it over."""

from typing import Any

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, requires
from aiops.accounts.permissions import Permission
from aiops.catalog import actions, price_list
from aiops.catalog.forms import PriceListForm
from aiops.core import clock, toasts
from aiops.core.errors import AiopsError, InvalidInput

_SALT = "catalog.price-list"
_KEPT_FOR = 3600  # seconds between looking and taking over


@requires(Permission.CATALOG_EDIT)
@require_http_methods(["GET", "POST"])
def import_prices(request: SignedInRequest) -> HttpResponse:
    form = PriceListForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        file, at = form.cleaned_data["file"], form.cleaned_data["effective_at"] or clock.now()
        try:
            plan = price_list.plan(file.read(), effective_at=at)
        except InvalidInput as error:
            context |= {"error": str(error), "problems": error.problems}
        else:
            packed = signing.dumps(price_list.pack(plan, file.name), salt=_SALT, compress=True)
            return render(
                request, "catalog/prices_preview.html", {"plan": plan, "packed": packed, "name": file.name}
            )
    wrong = request.method == "POST"
    return render(request, "catalog/prices_import.html", context, status=422 if wrong else 200)


@requires(Permission.CATALOG_EDIT)
@require_POST
def apply_prices(request: SignedInRequest) -> HttpResponse:
    try:
        packed = signing.loads(request.POST.get("plan", ""), salt=_SALT, max_age=_KEPT_FOR)
        plan, source = price_list.unpack(packed)
        actions.apply_prices(by=request.user, plan=plan, source=source)
    except signing.BadSignature:
        toasts.failure(
            request, "The preview is older than an hour. Choose the file again; nothing was changed."
        )
        return redirect("catalog:prices-import")
    except AiopsError as error:
        toasts.failure(request, f"{error} Nothing was changed.")
        return redirect("catalog:prices-import")
    toasts.success(request, f"{len(plan.changes)} prices are set.")
    return redirect("catalog:models")
