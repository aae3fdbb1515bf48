"""People grade results: drawn at random and blind, or one that they picked."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aiops.accounts.access import SignedInRequest, load, requires
from aiops.accounts.permissions import Permission
from aiops.core import toasts
from aiops.core.errors import AiopsError
from aiops.core.pages import paginate
from aiops.evaluations import actions, graded
from aiops.evaluations.forms import DrawForm, GradeForm
from aiops.evaluations.models import GradeSample, HumanGrade, Result, Run
from aiops.evaluations.views.results import as_text


@requires(Permission.EVALUATIONS_GRADE)
@require_GET
def grading(request: SignedInRequest) -> HttpResponse:
    page = paginate(request, graded.gradable_runs())
    counts = graded.drawn_and_graded(page.object_list, request.user)
    rows = [(run, *counts.get(run.pk, (0, 0))) for run in page.object_list]
    return render(request, "evaluations/grading.html", {"page": page, "rows": rows})


@requires(Permission.EVALUATIONS_GRADE)
@require_http_methods(["GET", "POST"])
def samples(request: SignedInRequest, pk: int) -> HttpResponse:
    run = load(graded.gradable_runs(), pk=pk)
    form = DrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            sample = actions.draw_sample(by=request.user, run=run, size=form.cleaned_data["size"])
        except AiopsError as error:
            form.add_error(None, str(error))
        else:
            return redirect("evaluations:grade-sample", pk, sample.pk)
    drawn = graded.samples(run, request.user)
    context = {
        "run": run,
        "form": form,
        "samples": drawn,
        "left": graded.answered(run).count() - sum(len(sample.result_ids) for sample, _ in drawn),
    }
    return render(request, "evaluations/samples.html", context, status=422 if form.errors else 200)


@requires(Permission.EVALUATIONS_GRADE)
@require_http_methods(["GET", "POST"])
def grade_sample(request: SignedInRequest, pk: int, sample_id: int) -> HttpResponse:
    """One drawn result at a time; once all are graded, what came out."""
    sample = load(GradeSample.objects.select_related("run__feature"), pk=sample_id, run=pk)
    if sample.by_id != request.user.pk:
        toasts.failure(request, "Somebody else drew that sample: draw one of your own.")
        return redirect("evaluations:grade", pk)
    said = graded.in_sample(sample)
    asked = _asked(request, sample)
    if request.method == "POST" and asked is None:  # never a grade of what the person did not see
        return redirect("evaluations:grade-sample", pk, sample_id)
    here = asked or next((result for result in sample.result_ids if result not in said), None)
    if here is None:
        return _sample_over(request, sample, said)
    result = load(_results(sample.run), pk=here)
    form = GradeForm(request.POST or None, initial=_initial(said.get(here)))
    if request.method == "POST" and form.is_valid():
        return _graded_in(request, sample, result, form)
    context = {
        "sample": sample,
        "run": sample.run,
        "result": result,
        "case": result.case,
        "expected": as_text(result.case.expected),
        "form": form,
        "mine": said.get(here),
        "done": len(said),
        "place": sample.result_ids.index(here) + 1,
        "skip": _after(sample, here, said),
        "last": max(said.values(), key=lambda grade: grade.pk, default=None),
    }
    return render(request, "evaluations/grade.html", context, status=422 if form.errors else 200)


@requires(Permission.EVALUATIONS_GRADE)
@require_POST
def grade_one(request: SignedInRequest, pk: int, result_id: int) -> HttpResponse:
    result = load(_results(load(Run.objects.all(), pk=pk)), pk=result_id)
    form = GradeForm(request.POST)
    if not form.is_valid():
        toasts.failure(request, "Choose pass or fail; a reason has up to 2,000 characters.")
        return redirect("evaluations:result", pk, result_id)
    try:
        grade = actions.grade_result(
            by=request.user, result=result, passed=form.passed, reason=form.cleaned_data["reason"]
        )
    except AiopsError as error:
        toasts.failure(request, str(error))
    else:
        _say(request, grade)
    return redirect("evaluations:result", pk, result_id)


@requires(Permission.EVALUATIONS_GRADE)
@require_POST
def withdraw(request: SignedInRequest, pk: int, grade_id: int) -> HttpResponse:
    """Back to where the grade was given: in its sample, or on the result's page."""
    rows = HumanGrade.objects.select_related("result__run__feature", "result__case", "sample")
    grade = load(rows, pk=grade_id, result__run=pk, by=request.user)
    try:
        actions.withdraw_grade(by=request.user, grade=grade)
    except AiopsError as error:
        toasts.failure(request, str(error))
    else:
        toasts.success(request, f"Taken back: you have no grade of {grade.result.case.key}.")
    if grade.source == HumanGrade.Source.SAMPLE:
        address = reverse("evaluations:grade-sample", args=[pk, grade.sample_id])
        return redirect(f"{address}?item={grade.result_id}")
    return redirect("evaluations:result", pk, grade.result_id)


def _results(run: Run) -> Any:
    return Result.objects.filter(run=run).select_related("case", "run__feature").prefetch_related("scores")


def _asked(request: SignedInRequest, sample: GradeSample) -> int | None:
    """The result that the address or the form names, where the sample drew it."""
    given = request.POST.get("item") or request.GET.get("item", "")
    found = int(given) if given.isascii() and given.isdigit() else None
    return found if found in sample.result_ids else None


def _after(sample: GradeSample, here: int, said: dict[int, HumanGrade]) -> int | None:
    """The next result without a grade, from `here` on and round again; None where it is the only one."""
    place = sample.result_ids.index(here) + 1
    order = [*sample.result_ids[place:], *sample.result_ids[: place - 1]]
    return next((result for result in order if result not in said), None)


def _initial(mine: HumanGrade | None) -> dict[str, str]:
    return {"reason": mine.reason} if mine else {}


def _graded_in(
    request: SignedInRequest, sample: GradeSample, result: Result, form: GradeForm
) -> HttpResponse:
    grade = actions.grade_result(
        by=request.user, result=result, passed=form.passed, reason=form.cleaned_data["reason"], sample=sample
    )
    _say(request, grade)
    address = reverse("evaluations:grade-sample", args=[sample.run_id, sample.pk])
    after = _after(sample, result.pk, graded.in_sample(sample))
    return redirect(f"{address}?item={after}" if after else address)


def _sample_over(request: SignedInRequest, sample: GradeSample, said: dict[int, HumanGrade]) -> HttpResponse:
    results = {result.pk: result for result in _results(sample.run).filter(pk__in=said)}
    context = {
        "sample": sample,
        "run": sample.run,
        "rows": [(results[pk], grade) for pk, grade in said.items()],
        "passed": sum(bool(grade.passed) for grade in said.values()),
        "failed": sum(not grade.passed for grade in said.values()),
    }
    return render(request, "evaluations/graded.html", context)


def _say(request: SignedInRequest, grade: HumanGrade) -> None:
    word = "Pass" if grade.passed else "Fail"
    undo = reverse("evaluations:withdraw", args=[grade.result.run_id, grade.pk])
    toasts.success(request, f"{grade.result.case.key}: {word}.", undo_url=undo)
