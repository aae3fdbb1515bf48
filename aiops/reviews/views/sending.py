"""To review by hand: one call, a sample of what the explorer shows, the answers of a run."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.evaluations.models import Run, with_approaches
from aiops.gateway import queries as gateway
from aiops.gateway.forms import CallFilter
from aiops.reviews import actions
from aiops.reviews.actions.sending import MOST_RESULTS
from aiops.reviews.forms.sending import SendCallsForm, SendForm, SendRunForm
from aiops.reviews.models import ReviewItem
from aiops.reviews.queries.sending import sample


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def send_call(request: SignedInRequest, call_id: str) -> HttpResponse:
    call = gateway.by_id(call_id).first()
    if call is None:
        raise Http404(f"There is no call {call_id}.")
    form = SendForm(request.POST)
    note = form.cleaned_data["note"] if form.is_valid() else ""
    try:
        made = actions.send_calls(by=request.user, calls=[call], note=note)
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        _say(request, made)
    return redirect("calls:call", call.id)


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def send_sample(request: SignedInRequest) -> HttpResponse:
    """Some of the calls that the explorer's filters leave; these stand in the address, as in the explorer."""
    filters, form = CallFilter(request.GET), SendCallsForm(request.POST)
    if not form.is_valid():
        toasts.error(request, "Say how many: 1 to 200.")
    else:
        said = form.cleaned_data
        texts = request.user.may(Permission.CALLS_VIEW)
        try:
            calls = sample(filters.narrowed(texts=texts), said["most"])
            _say(request, actions.send_calls(by=request.user, calls=calls, note=said["note"]))
        except AiopsError as error:
            toasts.error(request, str(error))
    return redirect(f"{reverse('calls:list')}?{urlencode(list(request.GET.items()))}")


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def send_run(request: SignedInRequest, run_id: int) -> HttpResponse:
    run = load(with_approaches(Run.objects.select_related("feature")), pk=run_id)
    form = SendRunForm(request.POST)
    if not form.is_valid():
        toasts.error(request, f"Say how many: 1 to {MOST_RESULTS:,}.")
        return redirect("evaluations:run", run_id)
    said = form.cleaned_data
    try:
        made = actions.send_run(
            by=request.user, run=run, most=said["most"] or MOST_RESULTS, note=said["note"]
        )
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        _say(request, made)
    return redirect("evaluations:run", run_id)


def _say(request: SignedInRequest, made: list[ReviewItem]) -> None:
    if made:
        toasts.success(request, f"{len(made)} output{'' if len(made) == 1 else 's'} sent to review.")
    else:
        toasts.success(request, "In review already.")
