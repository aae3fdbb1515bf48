"""Home, audit, search, admin."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET

from aiops.accounts.access import SignedInRequest, requires, signed_in
from aiops.accounts.permissions import Permission
from aiops.dashboards import rail


@requires(Permission.HOME_VIEW)
@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    return render(request, "dashboards/home.html")


@signed_in
@require_GET
def switch(request: SignedInRequest) -> HttpResponse:
    """The feature switcher: the list one came from, narrowed; from elsewhere the feature's own page."""
    return redirect("dashboards:home")
