"""Pages of tenants."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core.errors import AiopsError
from aiops.core.exports import stream_csv
from aiops.core.pages import page_or_fragment, paginate
from aiops.tenants import actions, queries
from aiops.tenants.forms import RenameForm, TenantForm
from aiops.tenants.models import Tenant


@requires(Permission.TENANTS_VIEW)
@require_GET
def tenants(request: SignedInRequest) -> HttpResponse:
    text = request.GET.get("q", "")
    context = {"page": paginate(request, queries.tenants(text)), "text": text}
    return page_or_fragment(request, "tenants/list.html", "tenants/_table.html", context)


@requires(Permission.TENANTS_VIEW)
@require_GET
def export(request: SignedInRequest) -> HttpResponseBase:
    rows = queries.tenants(request.GET.get("q", "")).values_list("slug", "name", "created_at")
    return stream_csv("tenants.csv", ("slug", "name", "created_at"), rows.iterator())


@requires(Permission.TENANTS_EDIT)
@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    form = TenantForm(request.POST or None)
    if form.is_valid():
        try:
            tenant = actions.create_tenant(by=request.user, **form.cleaned_data)
        except AiopsError as error:
            form.add_error("slug", str(error))
        else:
            messages.success(request, f"Tenant {tenant.slug} is added.")
            return redirect("tenants:list")
    return render(request, "tenants/new.html", {"form": form}, status=422 if form.errors else 200)


@requires(Permission.TENANTS_EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, slug: str) -> HttpResponse:
    tenant = load(Tenant.objects.all(), slug=slug)
    form = RenameForm(request.POST or None, initial={"name": tenant.name})
    if form.is_valid():
        actions.rename_tenant(by=request.user, tenant=tenant, **form.cleaned_data)
        messages.success(request, f"Tenant {tenant.slug} is saved.")
        return redirect("tenants:list")
    context = {"form": form, "tenant": tenant}
    return render(request, "tenants/edit.html", context, status=422 if form.errors else 200)
