"""Change requests: the diff, and the second person's answer."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.flags import actions, queries
from aiops.flags.models import ChangeRequest
from aiops.flags.showing import differences

_ROWS = ChangeRequest.objects.select_related("feature", "stop", "asked_by", "decided_by")
_DONE = {
    "approved": "approved: it is in force now",
    "declined": "declined: nothing has changed",
    "withdrawn": "withdrawn",
}


@requires(Permission.FLAGS_VIEW)
@require_GET
def request_page(request: SignedInRequest, pk: int) -> HttpResponse:
    change = load(_ROWS.all(), pk=pk)
    context = {
        "change": change,
        "lines": differences(change, queries.tenant_count()),
        "own": change.asked_by_id == request.user.pk,
        "waits": change.state == ChangeRequest.State.WAITING,
    }
    return render(request, "flags/request.html", context)


@requires(Permission.FLAGS_EDIT)
@require_POST
def answer(request: SignedInRequest, pk: int) -> HttpResponse:
    change, given = load(_ROWS.all(), pk=pk), request.POST.get("answer", "")
    try:
        if given == "approve":
            done = actions.approve_request(by=request.user, request=change)
        elif given == "withdraw":
            done = actions.withdraw_request(by=request.user, request=change)
        else:
            reason = request.POST.get("reason", "")[:1000]
            done = actions.decline_request(by=request.user, request=change, reason=reason)
    except AiopsError as error:
        toasts.error(request, str(error))
        return redirect("flags:request", pk=pk)
    toasts.success(request, f"{done} is {_DONE[done.state]}.")
    return redirect("flags:list")
