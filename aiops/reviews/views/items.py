"""The items of the queue, and one of them: what was said of it, and before; what a lead may do with it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import page_or_fragment, paginate
from aiops.reviews import actions, judged, keys
from aiops.reviews.forms.lead import ChangeForm, ItemFilter
from aiops.reviews.models import Grade, Reason, ReviewItem
from aiops.reviews.queries import adjudication, backlog, items
from aiops.reviews.sheet import sheet
from aiops.reviews.tabs import tabs


@requires(Permission.REVIEWS_LEAD)
@require_GET
def item_list(request: SignedInRequest) -> HttpResponse:
    form = ItemFilter(request.GET)
    context = {
        "tabs": tabs("lead", request.user),
        "form": form,
        "page": paginate(request, items.listed(**form.chosen())),
        "features": items.features(),
        "narrowed": any(form.chosen().values()),
    }
    return page_or_fragment(request, "reviews/items.html", "reviews/_items.html", context)


@requires(Permission.REVIEWS_GRADE)
@require_GET
def item_page(request: SignedInRequest, item_id: int) -> HttpResponse:
    """For leads, and for those who graded it. While it is graded nobody sees what was said of it."""
    item = load(ReviewItem.objects.select_related("feature", "round", "result"), pk=item_id)
    mine = item.grades.filter(reviewer=request.user).first()
    if mine is None and not request.user.may(Permission.REVIEWS_LEAD):
        toasts.error(request, "That item is for leads, and for those who graded it.")
        return redirect("reviews:queue")
    blind = adjudication.is_blind_to(item, request.user)
    context = {
        "tabs": tabs("lead", request.user),
        "item": item,
        "sheet": sheet(item.inputs, item.output, item.passages),
        "blind": blind,
        "history": None if blind else adjudication.history(item),
        "seats": item.places.select_related("reserved_for", "reviewer"),
        "judge": None if blind else judged.verdict(item),
        "mine": mine,
        "grades": keys.GRADES[item.scale],
        "reasons": keys.REASONS,
        "reason_words": dict(Reason.choices),
        "people": backlog.graders() if item.state in ReviewItem.ACTIVE else [],
    }
    return render(request, "reviews/item.html", context)


@requires(Permission.REVIEWS_GRADE)
@require_POST
def change_grade(request: SignedInRequest, item_id: int) -> HttpResponse:
    """See it differently, and say why; what was said before stays to be read."""
    grade = load(Grade.objects.all(), item=item_id, reviewer=request.user.pk)
    form = ChangeForm(request.POST)
    if not form.is_valid():
        toasts.error(request, " ".join(str(word) for words in form.errors.values() for word in words))
        return redirect("reviews:item", item_id)
    said = {**form.cleaned_data, "corrected_output": grade.corrected_output}
    return _done(request, item_id, partial(_changed, request, grade, said))


def _changed(request: SignedInRequest, grade: Grade, said: dict[str, Any], item: ReviewItem) -> str:
    actions.change_grade(by=request.user, grade=grade, **said)
    return f"Changed. What you said before stays in the history of item {item.pk}."


@requires(Permission.REVIEWS_LEAD)
@require_POST
def assign_item(request: SignedInRequest, item_id: int) -> HttpResponse:
    chosen = request.POST.get("person", "")
    person = load(User.objects.all(), pk=int(chosen)) if chosen.isdecimal() else None

    def act(item: ReviewItem) -> str:
        actions.assign_items(by=request.user, items=[item], to=person)
        return f"Kept for {person.email}." if person else "Kept for nobody any more."

    return _done(request, item_id, act)


@requires(Permission.REVIEWS_LEAD)
@require_POST
def set_item_reviewers(request: SignedInRequest, item_id: int) -> HttpResponse:
    wanted = request.POST.get("reviewers", "")

    def act(item: ReviewItem) -> str:
        actions.set_reviewers(
            by=request.user, items=[item], reviewers=int(wanted) if wanted.isdecimal() else 0
        )
        return f"{wanted} grade it."

    return _done(request, item_id, act)


@requires(Permission.REVIEWS_LEAD)
@require_POST
def requeue(request: SignedInRequest, item_id: int) -> HttpResponse:
    reason = request.POST.get("reason", "")[:500]

    def act(item: ReviewItem) -> str:
        actions.requeue_item(by=request.user, item=item, reason=reason)
        return "It is back in the queue."

    return _done(request, item_id, act)


@requires(Permission.REVIEWS_LEAD)
@require_POST
def withdraw(request: SignedInRequest, item_id: int) -> HttpResponse:
    reason = request.POST.get("reason", "")[:500]

    def act(item: ReviewItem) -> str:
        actions.withdraw_item(by=request.user, item=item, reason=reason)
        return "Nobody is asked about it any more."

    return _done(request, item_id, act)


@requires(Permission.REVIEWS_LEAD)
@require_POST
def make_probe(request: SignedInRequest, item_id: int) -> HttpResponse:
    def act(item: ReviewItem) -> str:
        actions.add_probe(by=request.user, item=item)
        return "It is a gold probe: others get it among their items now and then."

    return _done(request, item_id, act)


def _done(request: SignedInRequest, pk: int, act: Callable[[ReviewItem], str]) -> HttpResponse:
    """Do it, and say so; or say why not."""
    item = load(ReviewItem.objects.select_related("feature"), pk=pk)
    try:
        toasts.success(request, act(item))
    except AiopsError as error:
        toasts.error(request, str(error))
    return redirect("reviews:item", pk)
