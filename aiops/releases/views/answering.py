"""What is said and answered in a review."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.prompts.models import Version
from aiops.releases import actions
from aiops.releases.forms import AnswerForm, CommentForm
from aiops.releases.models import LineComment, ReviewRequest
from aiops.releases.views.requests import shown

_REVIEWS = ReviewRequest.objects.select_related("prompt__feature", "version")


@requires(Permission.PROMPTS_REVIEW)
@require_POST
def comment(request: SignedInRequest, pk: int) -> HttpResponse:
    review = load(_REVIEWS.all(), pk=pk)
    form = CommentForm(request.POST)
    if form.is_valid():
        try:
            said = actions.comment(by=request.user, request=review, **form.cleaned_data)
        except AiopsError as error:
            form.add_error("text", str(error))
        else:
            return redirect(f"{review_url(review)}#comment-{said.pk}")
    return shown(request, pk, form, status=422)


@requires(Permission.PROMPTS_REVIEW)
@require_POST
def resolve(request: SignedInRequest, pk: int, comment: int) -> HttpResponse:
    said = load(LineComment.objects.select_related("request__prompt__feature"), request_id=pk, pk=comment)
    actions.resolve_comment(by=request.user, comment=said)
    return redirect(f"{review_url(said.request)}#comment-{said.pk}")


@requires(Permission.PROMPTS_REVIEW)
@require_POST
def answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Approve, or ask for changes."""
    review = load(_REVIEWS.all(), pk=pk)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        toasts.error(request, "Approve, or ask for changes.")
        return redirect("releases:request", pk)

    def act() -> str:
        given = actions.answer_request(by=request.user, request=review, **form.cleaned_data)
        return f"v{given.version.number}: {given.get_answer_display().lower()}."

    return _tried(request, review, act)


@requires(Permission.PROMPTS_EDIT)
@require_POST
def update(request: SignedInRequest, pk: int) -> HttpResponse:
    """Go on with another version: the answers so far are about the old one."""
    review = load(_REVIEWS.all(), pk=pk)
    number = request.POST.get("version", "")
    version = load(
        Version.objects.all(), prompt=review.prompt, number=int(number) if number.isdecimal() else 0
    )

    def act() -> str:
        actions.update_request(by=request.user, request=review, version=version)
        return f"The review is about v{version.number} now; earlier approvals do not count for it."

    return _tried(request, review, act)


@requires(Permission.PROMPTS_EDIT)
@require_POST
def close(request: SignedInRequest, pk: int) -> HttpResponse:
    review = load(_REVIEWS.all(), pk=pk)

    def act() -> str:
        actions.close_request(by=request.user, request=review, reason=request.POST.get("reason", "")[:1000])
        return "The review is closed."

    return _tried(request, review, act)


def review_url(review: ReviewRequest) -> str:
    return reverse("releases:request", args=[review.pk])


def _tried(request: SignedInRequest, review: ReviewRequest, act: Callable[[], str]) -> HttpResponse:
    """Do it and say so, or say why not; the review's page again."""
    try:
        toasts.success(request, act())
    except AiopsError as error:
        toasts.error(request, str(error))
    return redirect("releases:request", review.pk)
