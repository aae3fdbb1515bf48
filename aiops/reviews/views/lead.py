"""The lead's page: what is left by feature and language, who is at it, and who gets what."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import asked
from aiops.reviews import actions
from aiops.reviews.forms.lead import AssignForm, DeskForm, ReviewersForm
from aiops.reviews.queries import backlog, items
from aiops.reviews.tabs import tabs


@requires(Permission.REVIEWS_LEAD)
@require_GET
def lead(request: SignedInRequest) -> HttpResponse:
    lines = backlog.lines(asked(request, "feature"))
    desks = backlog.desks()
    context = {
        "tabs": tabs("lead", request.user),
        "lines": lines,
        "desks": desks,
        "totals": {
            "items": sum(line.items for line in lines),
            "held": sum(line.held for line in lines),
            "adjudicate": sum(line.adjudicate for line in lines),
            "week": sum(desk.week for desk in desks),
            "oldest": min((line.oldest for line in lines), default=None),
        },
        "features": items.features(),
        "feature": asked(request, "feature"),
    }
    return render(request, "reviews/lead.html", context)


@requires(Permission.REVIEWS_LEAD)
@require_POST
def assign(request: SignedInRequest) -> HttpResponse:
    """Keep the next items of a feature in a language for one person."""
    form = AssignForm(request.POST)
    if not form.is_valid():
        return _refused(request, form.errors)
    said = form.cleaned_data
    person: User = said["person"]
    chosen = backlog.next_items(person, said["feature"], said["language"], said["count"])
    try:
        given = actions.assign_items(by=request.user, items=chosen, to=person)
    except AiopsError as error:
        toasts.error(request, str(error) if chosen else f"Nothing there that {person.email} could grade.")
    else:
        toasts.success(request, f"{given} kept for {person.email}.")
    return redirect("reviews:lead")


@requires(Permission.REVIEWS_LEAD)
@require_POST
def set_reviewers(request: SignedInRequest) -> HttpResponse:
    """How many people grade each item that waits in a language of a feature."""
    form = ReviewersForm(request.POST)
    if not form.is_valid():
        return _refused(request, form.errors)
    said = form.cleaned_data
    chosen = backlog.open_items(said["feature"], said["language"])
    try:
        actions.set_reviewers(by=request.user, items=chosen, reviewers=said["reviewers"])
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, f"{len(chosen)} items: {said['reviewers']} grade each.")
    return redirect("reviews:lead")


@requires(Permission.REVIEWS_LEAD)
@require_POST
def clear_desk(request: SignedInRequest, reviewer_id: int) -> HttpResponse:
    """Hand over what lies with a person, or put it back for everybody."""
    person = load(User.objects.all(), pk=reviewer_id)
    form = DeskForm(request.POST, person=person)
    if not form.is_valid():
        return _refused(request, form.errors)
    said = form.cleaned_data
    try:
        moved = actions.clear_desk(by=request.user, person=person, to=said["to"], reason=said["reason"])
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, f"{moved} taken from {person.email}.")
    return redirect("reviews:lead")


def _refused(request: SignedInRequest, errors: Any) -> HttpResponse:
    toasts.error(request, " ".join(str(word) for words in errors.values() for word in words))
    return redirect("reviews:lead")
