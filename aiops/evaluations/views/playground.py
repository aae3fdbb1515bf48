"""The playground: the page, what the draft says while somebody types, and the calls."""

from typing import Any

from django.http import HttpResponse, JsonResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from aiops.accounts.access import SignedInRequest, requires
from aiops.accounts.permissions import Permission
from aiops.core.errors import AiopsError, Conflict, InvalidInput, Problem
from aiops.core.pages import asked, paginate, wants_fragment
from aiops.datasets.differences import as_text
from aiops.datasets.models import Case, Dataset
from aiops.datasets.queries import draft_cases
from aiops.evaluations.forms.playground import TryForm
from aiops.evaluations.playground import asking, judging, recent
from aiops.evaluations.playground import desk as desks
from aiops.evaluations.playground.desk import Desk
from aiops.evaluations.playground.events import Written
from aiops.evaluations.playground.starting import started
from aiops.evaluations.playground.words import pretty, took
from aiops.prompts import queries as prompts
from aiops.prompts.forms import PreviewForm
from aiops.prompts.models import Prompt

CASES = 100  # keys on offer; any other can be typed


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def page(request: SignedInRequest) -> HttpResponse:
    """`?prompt=triage&version=3&dataset=tickets&case=t-001&model=sim-large`; `?trial=17` opens one again."""
    desk = desks.from_address(request.GET.dict(), request.GET.getlist("model"), request.user)
    if desk is None:
        return render(request, "evaluations/playground.html", {})
    if wants_fragment(request) and desk.trial:
        context = {**answers(desk), "recent": recent.recent(request.user)}
        return render(request, "evaluations/_play_fragment.html", context)
    form = TryForm(initial=TryForm.initial_of(desk))
    return shown(request, desk, form)


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def run(request: SignedInRequest) -> HttpResponse:
    """Without JavaScript: all answers at once, on the page of the trial."""
    form = TryForm(request.POST)
    if not form.is_valid():
        return unusable(request, form)
    desk = form.desk()
    try:
        play = started(by=request.user, desk=desk, inputs=typed(desk, request.POST))
    except AiopsError as error:
        return shown(request, desk, form, data=request.POST, problems=problems_of(error), status=422)
    for _ in play:
        pass
    return redirect(f"{reverse('playground:page')}?{urlencode({'trial': play.trial.pk})}")


@requires(Permission.EVALUATIONS_RUN)
@require_POST
def stream(request: SignedInRequest) -> HttpResponseBase:
    """The answers as they are generated, as server-sent events; JSON `{"problems"}` where none was asked."""
    form = TryForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"problems": ["The form is incomplete: load the page again."]}, status=422)
    desk = form.desk()
    try:
        play = started(by=request.user, desk=desk, inputs=typed(desk, request.POST))
    except AiopsError as error:
        status = 409 if isinstance(error, Conflict) else 422
        return JsonResponse({"problems": [str(problem) for problem in problems_of(error)]}, status=status)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(Written(play), content_type="text/event-stream", headers=headers)


@requires(Permission.EVALUATIONS_VIEW)
@require_POST
def check(request: SignedInRequest) -> HttpResponse:
    """While somebody types: what is wrong with the draft, the inputs that it declares, the most it costs."""
    form = TryForm(request.POST)
    if not form.is_valid():
        said = [Problem("The form is incomplete: load the page again.")]
        return render(request, "evaluations/_play_check.html", {"problems": said, "live": True})
    context = {**looked_at(form.desk(), request.POST), "live": True}
    context["swap_inputs"] = "inputs" in context and request.headers.get("HX-Trigger") == "draft"
    return render(request, "evaluations/_play_check.html", context)


@requires(Permission.EVALUATIONS_VIEW)
@require_GET
def calls(request: SignedInRequest) -> HttpResponse:
    """Every call of the playground, so that its spend can be explained; `?by=` one person's."""
    email = asked(request, "by")
    context = {"page": paginate(request, recent.calls(email)), "by": email}
    return render(request, "evaluations/playground_calls.html", context)


def shown(
    request: SignedInRequest,
    desk: Desk,
    form: TryForm,
    *,
    data: QueryDict | None = None,
    problems: Any = (),
    status: int = 200,
) -> HttpResponse:
    """The page with `desk` on it."""
    context = {
        "form": form,
        "prompts": Prompt.objects.order_by("name").only("name"),
        "numbers": prompts.numbers_of(desk.prompt),
        "datasets": Dataset.objects.exclude(case_count=0).order_by("name").only("name"),
        "keys": _keys(desk.case),
        "recent": recent.recent(request.user),
        **looked_at(desk, data),
        **answers(desk),
    }
    context["problems"] = problems or context.get("problems", ())
    return render(request, "evaluations/playground.html", context, status=status)


def _keys(case: Case | None) -> list[str]:
    """Other cases of the dataset, to pick from."""
    if case is None:
        return []
    return list(draft_cases(case.dataset).values_list("key", flat=True)[:CASES])


def answers(desk: Desk) -> dict[str, Any]:
    """The trial's answers, each with its text for people."""
    trial = desk.trial
    found = [(call, pretty(call.output), took(call)) for call in trial.calls.all()] if trial else []
    case = trial.case if trial else desk.case
    return {
        "desk": desk,
        "trial": trial,
        "answers": found,
        "expected_case": case,
        "expected": as_text(case.expected) if case else "",
        "left_out": judging.left_out(case) if case else [],
    }


def looked_at(desk: Desk, data: QueryDict | None) -> dict[str, Any]:
    """The draft examined: problems, or warnings with the form of its inputs and the most that a run costs."""
    try:
        version = desk.version()
    except InvalidInput as error:
        known = desk.begun.variables if desk.begun else {}
        return {"desk": desk, "problems": error.problems, "inputs": _inputs(known, desk, data)}
    inputs = _inputs(version.variables, desk, data)
    found: dict[str, Any] = {"desk": desk, "inputs": inputs, "changed": desk.changed}
    if desk.changed:
        found["warnings"] = asking.warnings_of(desk.prompt, desk.source)
    try:
        planned = asking.plan(version, desk.filled(inputs.inputs()), desk.models)
    except InvalidInput as error:
        return {**found, "waits_for": problems_of(error)}
    return {**found, "planned": planned, "most": asking.total(planned)}


def typed(desk: Desk, data: QueryDict) -> dict[str, str]:
    """The inputs that were typed, by variable."""
    return desk.filled(_inputs(desk.version().variables, desk, data).inputs())


def _inputs(variables: dict[str, dict[str, Any]], desk: Desk, data: QueryDict | None) -> PreviewForm:
    """Never bound: what is missing is said once for all, and not while somebody types."""
    given = (desk.inputs or {}) if data is None else PreviewForm(variables, data).inputs()
    return PreviewForm(variables, initial={f"input.{name}": text for name, text in given.items()})


def problems_of(error: AiopsError) -> list[Problem]:
    """What is wrong, at least one problem."""
    return list(getattr(error, "problems", ())) or [Problem(str(error))]


def unusable(request: SignedInRequest, form: TryForm) -> HttpResponse:
    """What was sent names no prompt that exists: the page as it is opened, with what is wrong."""
    desk = desks.from_address({}, (), request.user)
    if desk is None:
        return render(request, "evaluations/playground.html", {}, status=422)
    wrong = [Problem(f"{name}: {error}") for name, errors in form.errors.items() for error in errors]
    fresh = TryForm(initial=TryForm.initial_of(desk))
    return shown(request, desk, fresh, problems=wrong, status=422)
