"""The rules of the workspace."""

from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from aiops.accounts import actions, queries
from aiops.accounts.access import SignedInRequest, requires
from aiops.accounts.forms import WorkspaceForm
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import InvalidInput


@requires(Permission.WORKSPACE_EDIT)
@require_http_methods(["GET", "POST"])
def workspace(request: SignedInRequest) -> HttpResponse:
    rules = queries.workspace()
    form = WorkspaceForm(request.POST or None, initial=model_to_dict(rules))
    if form.is_valid():
        try:
            actions.change_workspace(by=request.user, **form.cleaned_data)
        except InvalidInput as error:
            form.add_error("reason", str(error))
        else:
            toasts.success(request, "The rules of the workspace are saved.")
            return redirect("accounts:workspace")
    context = {"form": form, "rules": rules}
    return render(request, "accounts/workspace.html", context, status=422 if form.errors else 200)
