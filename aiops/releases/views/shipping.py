"""Moving production, and what has been there."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts import queries as accounts
from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import paginate
from aiops.prompts.models import Prompt, Version
from aiops.releases import actions, queries
from aiops.releases.forms import MoveForm
from aiops.releases.models import Release, ReviewRequest


@requires(Permission.PROMPTS_SHIP)
@require_POST
def ship(request: SignedInRequest, pk: int) -> HttpResponse:
    review = load(ReviewRequest.objects.select_related("prompt__feature", "version"), pk=pk)
    try:
        release = actions.ship(by=request.user, request=review, **_given(request))
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, _moved(release, "is in production"), undo_url=_undo(release))
    return redirect("releases:request", pk)


@requires(Permission.PROMPTS_SHIP)
@require_POST
def roll_back(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    version = load(Version.objects.select_related("prompt__feature"), prompt__name=name, number=number)
    try:
        release = actions.roll_back(by=request.user, version=version, **_given(request))
    except AiopsError as error:
        toasts.error(request, str(error))
    else:
        toasts.success(request, _moved(release, "is in production again"), undo_url=_undo(release))
    return redirect("releases:history", name)


@requires(Permission.PROMPTS_VIEW)
@require_GET
def history(request: SignedInRequest, name: str) -> HttpResponse:
    """Every move of a prompt's `production`, and what one may go back to."""
    prompt = load(Prompt.objects.select_related("feature"), name=name)
    context = {
        "prompt": prompt,
        "live": queries.live_version(prompt),
        "before": queries.live_before(prompt)[:10],
        "page": paginate(request, queries.releases_of(prompt)),
        "workspace": accounts.workspace(),
        "serving": queries.serving(prompt),
    }
    return render(request, "releases/history.html", context)


def _given(request: SignedInRequest) -> dict[str, Any]:
    """`expected` and `reason`; an undo says in its address what it expects."""
    form = MoveForm({**request.GET.dict(), **request.POST.dict()})
    form.is_valid()  # what does not fit is left out
    return {"expected": form.cleaned_data.get("expected"), "reason": form.cleaned_data.get("reason", "")}


def _moved(release: Release, what: str) -> str:
    """What a move did, with the features that the version serves now."""
    named = [
        one.feature.slug
        for one in queries.serving(release.prompt)
        if one.stable.version_id == release.version_id
    ]
    serves = f", and serves {', '.join(named)}" if named else ""
    return f"v{release.version.number} {what}{serves}."


def _undo(release: Release) -> str | None:
    if release.previous is None:
        return None
    path = reverse("releases:roll-back", args=[release.prompt.name, release.previous.number])
    return f"{path}?expected={release.version.number}&reason=undone"
