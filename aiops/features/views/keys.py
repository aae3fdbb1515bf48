"""Keys: whose they are, what they open, until when."""

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import clock, toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import asked, page_or_fragment, paginate
from aiops.features import actions
from aiops.features.key_forms import KeyForm, LimitForm
from aiops.features.models import Feature, KeyFeature
from aiops.tenants import actions as tenants
from aiops.tenants import queries
from aiops.tenants.models import ApiKey, Tenant

_OWN = ApiKey.objects.filter(console=False)  # of applications; the console's is nobody's business


@requires(Permission.TENANTS_VIEW)
@require_GET
def key_list(request: SignedInRequest) -> HttpResponse:
    text, tenant, dead = asked(request, "text"), asked(request, "tenant"), request.GET.get("revoked") == "1"
    rows = _with_limits(queries.keys(tenant=tenant, text=text, dead=dead))
    context = {
        "page": paginate(request, rows),
        "text": text,
        "tenant": tenant,
        "revoked": dead,
        "tenants": Tenant.objects.all(),
        "now": clock.now(),
    }
    return page_or_fragment(request, "keys/list.html", "keys/_table.html", context)


@requires(Permission.KEYS_EDIT)
@never_cache
@require_http_methods(["GET", "POST"])
def new_key(request: SignedInRequest) -> HttpResponse:
    """The answer to the form is the only page that ever shows the key."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            key, token = actions.issue_key(
                by=request.user,
                name=said["name"],
                tenant=said["tenant"],
                features=said["features"],
                expires_at=form.expires_at(),
            )
        except AiopsError as error:
            form.add_error("expires_on", str(error))
        else:
            return render(request, "keys/made.html", {"key": key, "token": token})
    return render(request, "keys/new.html", {"form": form}, status=422 if form.errors else 200)


@requires(Permission.KEYS_EDIT)
@require_http_methods(["GET", "POST"])
def edit_key(request: SignedInRequest, pk: int) -> HttpResponse:
    key = load(_OWN.select_related("tenant", "created_by", "revoked_by"), pk=pk)
    allowed = Feature.objects.filter(key_limits__key=key)
    initial = {"features": list(allowed.values_list("slug", flat=True))}
    form = LimitForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and key.is_alive:
        actions.limit_key(by=request.user, key=key, features=form.cleaned_data["features"])
        toasts.success(request, f"What {key} may call is saved, and in force.")
        return redirect("keys:list")
    return render(request, "keys/edit.html", {"form": form, "key": key}, status=422 if form.errors else 200)


@requires(Permission.KEYS_EDIT)
@require_POST
def revoke_key(request: SignedInRequest, pk: int) -> HttpResponse:
    key = load(_OWN.all(), pk=pk)
    tenants.revoke_key(by=request.user, key=key, reason=request.POST.get("reason", "")[:1000])
    toasts.success(request, f"{key} opens nothing any more, on every gateway.")
    return redirect("keys:list")


def _with_limits(rows: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
    limits = KeyFeature.objects.select_related("feature").order_by("feature__slug")
    return rows.prefetch_related(Prefetch("limits", limits))
