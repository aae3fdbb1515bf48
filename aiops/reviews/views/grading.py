"""Grading: one item at a time, blind. Each address works as a form; HTMX swaps in the next item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language_info
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import asked, wants_fragment
from aiops.features.models import Feature
from aiops.reviews import actions, claiming, keys, sides
from aiops.reviews.forms.grading import EscalateForm, HeldForm, MarkForm, SkipForm
from aiops.reviews.guidance import COMMON, guidance
from aiops.reviews.models import Scale, Seat
from aiops.reviews.queries import cases, grading
from aiops.reviews.queries.guidelines import guideline_in_force
from aiops.reviews.sheet import sheet


@dataclass
class Turn:
    """What a page shows: the `seat` that is held, None where nothing waits; what was `said` of it already."""

    feature: Feature | None
    seat: Seat | None
    said: Mapping[str, Any] = field(default_factory=dict)
    problems: Sequence[str] = ()


@requires(Permission.REVIEWS_GRADE)
@require_GET
def queue(request: SignedInRequest) -> HttpResponse:
    """The item that one holds, or the next one, which is held from now on: asking again shows the same."""
    return _shown(request, _next(request))


@requires(Permission.REVIEWS_GRADE)
@require_POST
def grade(request: SignedInRequest, pk: int) -> HttpResponse:
    seat, form = _seat(pk), MarkForm(request.POST)
    if not form.is_valid():
        return _again(request, seat, form, _problems(form))
    give = actions.grade_as_case if form.cleaned_data["golden"] else actions.submit_grade
    try:
        give(by=request.user, seat=seat, **_mark(seat, form))
    except AiopsError as error:
        return _again(request, seat, form, [str(error)])
    return _on(request)


@requires(Permission.REVIEWS_GRADE)
@require_POST
def skip(request: SignedInRequest, pk: int) -> HttpResponse:
    seat, form = _seat(pk), SkipForm(request.POST)
    if not form.is_valid():
        return _on(request, ["Choose why you skip it."])
    said = form.cleaned_data
    try:
        actions.skip_item(
            by=request.user, seat=seat, token=form.held, why=said["why"], comment=said["comment"]
        )
    except AiopsError as error:
        return _on(request, [str(error)])
    return _on(request)


@requires(Permission.REVIEWS_GRADE)
@require_POST
def undo(request: SignedInRequest) -> HttpResponse:
    """One's last grade comes back to be changed."""
    last = grading.last_grade(request.user)
    if last is None:
        return _on(request, ["There is nothing to undo: your last grade is more than half an hour old."])
    try:
        seat = actions.undo_with_case(by=request.user, grade=last)
    except AiopsError as error:
        return _on(request, [str(error)])
    if not wants_fragment(request):
        return redirect(_queue_of(_feature(request)))
    return _shown(request, Turn(_feature(request), seat))


@requires(Permission.REVIEWS_GRADE)
@require_POST
def escalate(request: SignedInRequest, pk: int) -> HttpResponse:
    seat, form = _seat(pk), EscalateForm(request.POST)
    problem, made = "The page was out of date.", None
    if form.is_valid():
        try:
            made = actions.escalate_item(
                by=request.user, seat=seat, token=form.held, comment=form.cleaned_data["comment"]
            )
        except AiopsError as error:
            problem = str(error)
    if wants_fragment(request):
        context = {"escalation": made, "problem": problem, **_alarm(seat)}
        return render(request, "reviews/_alarm.html", context)
    if made is None:
        toasts.error(request, problem)
    return redirect(_queue_of(_feature(request)))


@requires(Permission.REVIEWS_GRADE)
@require_POST
def beat(request: SignedInRequest, pk: int) -> HttpResponse:
    """A page's sign of life. Its answer says only that the hold is lost."""
    form = HeldForm(request.POST)
    if form.is_valid() and claiming.keep(pk, form.held):
        return HttpResponse(status=204)
    return render(request, "reviews/_lost.html")


def _seat(pk: int) -> Seat:
    return load(Seat.objects.select_related("item__feature"), pk=pk)


def _feature(request: SignedInRequest) -> Feature | None:
    slug = request.POST.get("feature", "") or asked(request, "feature")
    return Feature.objects.filter(slug=slug[:60]).first() if slug else None


def _next(request: SignedInRequest, problems: Sequence[str] = ()) -> Turn:
    """The item that the address names, where one may have it; else what one holds, else the next one."""
    feature, item = _feature(request), asked(request, "item", 18)
    seat = claiming.claim_next(request.user, item_id=int(item)) if item.isdecimal() else None
    if seat is None:
        seat = claiming.claim_next(request.user, feature_id=feature.pk if feature else None)
    return Turn(feature, seat, problems=problems)


def _on(request: SignedInRequest, problems: Sequence[str] = ()) -> HttpResponse:
    """The next item: at once for HTMX, else by the queue's own address."""
    if wants_fragment(request):
        return _shown(request, _next(request, problems))
    for problem in problems:
        toasts.error(request, problem)
    return redirect(_queue_of(_feature(request)))


def _again(request: SignedInRequest, seat: Seat, form: MarkForm, problems: Sequence[str]) -> HttpResponse:
    """The same item with what was typed; the next one where it is no longer held by that page."""
    held = Seat.objects.filter(pk=seat.pk, reviewer=request.user, state=Seat.State.CLAIMED)
    if not held.filter(token=form.cleaned_data.get("token")).exists():
        return _on(request, problems)
    said = {name: form.data.get(name, "") for name in ("comment", "corrected_output", "golden")}
    said |= {"raw": form.cleaned_data.get("raw"), "reasons": form.cleaned_data.get("reasons", [])}
    return _shown(request, Turn(_feature(request), seat, said, problems), status=422)


def _mark(seat: Seat, form: MarkForm) -> dict[str, Any]:
    """Of a pair a side was chosen, and no better answer is written."""
    said = form.mark(seat.item.output or "")
    if seat.item.scale != Scale.PAIRWISE:
        return said
    return {**said, "raw": sides.stored(said["raw"], form.held), "corrected_output": ""}


def _problems(form: MarkForm) -> list[str]:
    return [str(error) for errors in form.errors.values() for error in errors]


def _queue_of(feature: Feature | None) -> str:
    return reverse("reviews:queue") + (f"?{urlencode({'feature': feature.slug})}" if feature else "")


def _shown(request: SignedInRequest, turn: Turn, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "feature": turn.feature,
        "seat": turn.seat,
        "problems": turn.problems,
        "queue": grading.queue(request.user, turn.feature, holds=turn.seat is not None),
        "languages": [_language(code) for code in request.user.languages],
        "reasons": keys.REASONS,
        "help": keys.HELP,
        "part": "reviews/_sheet.html" if turn.seat else "reviews/_nothing.html",
    }
    if turn.seat:
        pair = turn.seat.item.scale == Scale.PAIRWISE
        context |= _pair(turn.seat, turn.said) if pair else _item(turn.seat, turn.said)
    template = context["part"] if wants_fragment(request) else "reviews/grade.html"
    return render(request, template, context, status=status)


def _item(seat: Seat, said: Mapping[str, Any]) -> dict[str, Any]:
    item = seat.item
    guideline = guideline_in_force(item.feature)
    known = item.result.case.dataset if item.result else cases.golden_set(item.feature)
    return {
        "sheet": sheet(item.inputs, item.output, item.passages),
        "language": _language(item.locale or item.language),
        "guideline": guideline,
        "guidance": guidance(guideline.text if guideline else COMMON),
        "grades": keys.GRADES[item.scale],
        "skips": keys.SKIPS,
        "said": said or grading.said_before(seat),
        "golden": known.name if known else cases.new_set_name(item.feature),
        "escalation": grading.escalation_of(seat),
        **_alarm(seat),
    }


def _pair(seat: Seat, said: Mapping[str, Any]) -> dict[str, Any]:
    """Two answers to the same, on sides that the seat's token draws."""
    item = seat.item
    both = [sheet(item.inputs, text, item.passages) for text in (item.output, item.other_output)]
    left, right = reversed(both) if seat.token and sides.is_swapped(seat.token) else both
    before = said or grading.said_before(seat)
    if not said and before and seat.token:
        before = {**before, "raw": sides.position(before["raw"], seat.token)}
    facts = _item(seat, before)
    return {**facts, "grades": keys.SIDES, "golden": "", "pair": (left, right), "part": "reviews/_pair.html"}


def _alarm(seat: Seat) -> dict[str, Any]:
    slug = seat.item.feature.slug
    stop = f"{reverse('flags:stop')}?{urlencode({'scope': 'feature', 'target': slug})}"
    return {"feature_of": seat.item.feature, "stop_url": stop}


def _language(code: str) -> str:
    """Japanese for `ja` and `ja-JP`; a code that nobody knows stays."""
    try:
        return str(get_language_info(code.replace("_", "-").lower())["name"])
    except KeyError:
        return code
