"""Calibration rounds and gold probes."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import asked, paginate
from aiops.reviews import actions
from aiops.reviews.forms.lead import RoundForm
from aiops.reviews.models import CalibrationRound, ReviewItem
from aiops.reviews.queries import items
from aiops.reviews.queries import rounds as queries
from aiops.reviews.tabs import tabs

CALIBRATION = CalibrationRound.Kind.CALIBRATION


@requires(Permission.REVIEWS_GRADE)
@require_GET
def round_list(request: SignedInRequest) -> HttpResponse:
    """All of them for leads; others see those that they take part in."""
    leads = request.user.may(Permission.REVIEWS_LEAD)
    rows = queries.listed(asked(request, "feature"), None if leads else request.user)
    context = {
        "tabs": tabs("rounds", request.user),
        "page": paginate(request, rows),
        "probes": ReviewItem.objects.filter(gold__isnull=False, state=ReviewItem.State.OPEN).count(),
    }
    return render(request, "reviews/rounds.html", context)


@requires(Permission.REVIEWS_LEAD)
@require_http_methods(["GET", "POST"])
def new_round(request: SignedInRequest) -> HttpResponse:
    form = RoundForm(request.POST or None, initial={"feature": asked(request, "feature")})
    if request.method == "POST" and form.is_valid():
        try:
            opened = actions.start_round(by=request.user, **form.cleaned_data)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, "It is in the queue of each of them, before other items.")
            return redirect("reviews:round", opened.pk)
    context = {"tabs": tabs("rounds", request.user), "form": form}
    return render(request, "reviews/new_round.html", context, status=422 if form.errors else 200)


@requires(Permission.REVIEWS_GRADE)
@require_GET
def round_page(request: SignedInRequest, round_id: int) -> HttpResponse:
    """Who is how far; and the differences, for who no longer has a grade of its own to give."""
    opened = load(queries.listed(), pk=round_id)
    if not request.user.may(Permission.REVIEWS_LEAD) and not queries.takes_part(opened, request.user):
        toasts.error(request, "That round is for those who take part in it.")
        return redirect("reviews:rounds")
    may_see = queries.may_see(opened, request.user)
    context = {
        "tabs": tabs("rounds", request.user),
        "opened": opened,
        "progress": queries.progress(opened),
        "compared": queries.compared(opened) if may_see else None,
    }
    return render(request, "reviews/round.html", context)


@requires(Permission.REVIEWS_LEAD)
@require_POST
def close_round(request: SignedInRequest, round_id: int) -> HttpResponse:
    opened = load(CalibrationRound.objects.filter(kind=CALIBRATION), pk=round_id)
    try:
        actions.close_round(by=request.user, opened=opened)
    except AiopsError as error:
        toasts.error(request, str(error))
    return redirect("reviews:round", round_id)


@requires(Permission.REVIEWS_LEAD)
@require_GET
def probes(request: SignedInRequest) -> HttpResponse:
    context = {"tabs": tabs("rounds", request.user), "page": paginate(request, items.probes())}
    return render(request, "reviews/probes.html", context)


@requires(Permission.REVIEWS_LEAD)
@require_POST
def end_probe(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Nobody gets the probe any more; what was said of it stays."""
    probe = load(ReviewItem.objects.filter(gold__isnull=False), pk=item_id)
    try:
        actions.withdraw_item(by=request.user, item=probe, reason="No longer a gold probe.")
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, "Nobody gets that probe any more.")
    return redirect("reviews:probes")
