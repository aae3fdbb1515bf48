"""The list of reviews, a new one, and the page of one."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import asked, page_or_fragment, paginate
from aiops.prompts.models import Version
from aiops.releases import actions, queries
from aiops.releases.checks import checks
from aiops.releases.forms import CommentForm, OpenForm
from aiops.releases.models import ReviewRequest
from aiops.releases.texts import Part, diff


@requires(Permission.PROMPTS_VIEW)
@require_GET
def request_list(request: SignedInRequest) -> HttpResponse:
    """`?show=open|mine|closed`."""
    shown = asked(request, "show")
    shown = shown if shown in queries.SHOWN else queries.SHOWN[0]
    counts = queries.counts(request.user)
    tabs = [
        (name.capitalize(), f"{reverse('releases:list')}?{urlencode({'show': name})}", name == shown, number)
        for name, number in counts.items()
    ]
    page = paginate(request, queries.requests_listed(shown, request.user))
    context = {"page": page, "tabs": tabs, "shown": shown}
    return page_or_fragment(request, "releases/list.html", "releases/_table.html", context)


@requires(Permission.PROMPTS_EDIT)
@require_http_methods(["GET", "POST"])
def open_request(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Say what a version is for, and ask for its review; one that is open already is shown."""
    version = load(Version.objects.select_related("prompt__feature"), prompt__name=name, number=number)
    if standing := queries.open_request_of(version):
        return redirect("releases:request", standing.pk)
    first = next(iter(version.note.splitlines()), "") or f"{version} to production"
    form = OpenForm(request.POST or None, initial={"title": first[:200]})
    if form.is_valid():
        try:
            made = actions.open_request(by=request.user, version=version, **form.cleaned_data)
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            toasts.success(request, f"The review of {version} is open.")
            return redirect("releases:request", made.pk)
    context = {"form": form, "version": version, "live": queries.live_version(version.prompt)}
    return render(request, "releases/open.html", context, status=422 if form.errors else 200)


@requires(Permission.PROMPTS_VIEW)
@require_GET
def request_page(request: SignedInRequest, pk: int) -> HttpResponse:
    """`?part=1&line=3` opens the form for a comment on that line; `?all=1` shows the whole text."""
    return shown(
        request, pk, CommentForm(initial={"part": _number(request, "part"), "line": _number(request, "line")})
    )


def shown(request: SignedInRequest, pk: int, form: CommentForm, status: int = 200) -> HttpResponse:
    rows = ReviewRequest.objects.select_related(
        "prompt__feature", "version__author", "opened_by", "closed_by"
    )
    review = load(rows, pk=pk)
    grounds = queries.grounds(review)
    said = queries.conversation(review)
    release = getattr(review, "release", None)
    before = release.previous if release else grounds.live
    whole, at = request.GET.get("all") == "1", (form["part"].value(), form["line"].value())
    here = [entry.comment for entry in said if entry.comment and entry.comment.cycle == review.cycle]
    parts = diff(before, review.version, here, whole=whole)
    context: dict[str, Any] = {
        "review": review,
        "version": review.version,
        "grounds": grounds,
        "release": release,
        "serving": queries.serving(review.prompt) if release else (),
        "before": before,
        "checks": checks(grounds),
        "parts": parts,
        "at": _place(parts, *at),
        "whole": whole,
        "said": said,
        "form": form,
        "why_not_answer": queries.why_not_answer(review, request.user),
        "newer": queries.newer_versions(review) if review.is_active else (),
    }
    return render(request, "releases/request.html", context, status=status)


def _place(parts: list[Part], part: object, line: object) -> tuple[int, int] | None:
    """The line that the form for a comment stands at, None where the page does not show it."""
    wanted = (str(part), str(line))
    lines = ((each.number, row.line.after) for each in parts for row in each.rows)
    return next(((n, after) for n, after in lines if after and (str(n), str(after)) == wanted), None)


def _number(request: SignedInRequest, key: str) -> int | None:
    given = request.GET.get(key, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else None
