"""What people say of results: drawing some at random, grading one, taking a grade back."""

import random
import secrets
from typing import Any

from django.db import transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.core.tasks import enqueue
from aiops.evaluations import graded, judges
from aiops.evaluations.models import MAX_REASON, GradeSample, HumanGrade, Result, Run

MAX_DRAWN = 500


@transaction.atomic
def draw_sample(*, by: User, run: Run, size: int, seed: int | None = None) -> GradeSample:
    """Draw `size` answered results that `by` has not drawn yet, or all that are left. The seed is stored.

    InvalidInput where the size is out of range, Conflict where nothing is left.
    """
    check(by, Permission.EVALUATIONS_GRADE)
    if not 1 <= size <= MAX_DRAWN:
        raise InvalidInput(f"A sample has 1 to {MAX_DRAWN} results, not {size}.")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two clicks draw no result twice
    before = GradeSample.objects.filter(run=run, by=by).values_list("result_ids", flat=True)
    drawn = {result for results in before for result in results}
    left = [pk for pk in graded.answered(run).order_by("pk").values_list("pk", flat=True) if pk not in drawn]
    if not left:
        raise Conflict(f"There is no result of {run} left that you have not drawn already.")
    seed = secrets.randbits(62) if seed is None else seed
    chance = random.Random(seed)  # noqa: S311 - a sample that anybody can draw again, no secret
    sample = GradeSample.objects.create(
        run=run,
        by=by,
        seed=seed,
        population=len(left),
        result_ids=chance.sample(left, min(size, len(left))),
    )
    audit.record(
        by=by,
        action="evaluations.sample_drawn",
        on=run,
        feature=run.feature.slug,
        after={"sample": sample.pk, "results": len(sample.result_ids), "of": len(left), "seed": str(seed)},
    )
    return sample


@transaction.atomic
def grade_result(
    *, by: User, result: Result, passed: bool, reason: str = "", sample: GradeSample | None = None
) -> HumanGrade:
    """What `by` says of `result`, in the `sample` that drew it, or of a result that `by` picked.

    A correction of a grade that was given in a sample stays one of that sample. The same word twice is said
    once. InvalidInput where there is no output, or the reason is too long.
    """
    check(by, Permission.EVALUATIONS_GRADE)
    reason = _checked(result, reason)
    if sample is not None and (sample.by_id != by.pk or result.pk not in sample.result_ids):
        raise NotAllowed("This result is not in a sample that you drew.")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # a double click says one thing
    before = graded.own(result, by)
    if before and (before.passed, before.reason) == (passed, reason) and sample in (None, before.sample):
        return before
    source = HumanGrade.Source.PAGE if sample is None else HumanGrade.Source.SAMPLE
    drawn = sample or (before.sample if before else None)
    grade = _say(by, result, source=source, sample=drawn, passed=passed, reason=reason)
    audit.record(
        by=by,
        action="evaluations.result_graded",
        on=result.run,
        feature=result.run.feature.slug,
        before=_facts(before) if before else None,
        after=_facts(grade),
        reason=reason,
    )
    weigh_after(result.run)
    return grade


@transaction.atomic
def withdraw_grade(*, by: User, grade: HumanGrade) -> HumanGrade:
    """Take one's grade back: another row says so. Conflict where it is not what `by` says now."""
    check(by, Permission.EVALUATIONS_GRADE)
    if grade.by_id != by.pk:
        raise NotAllowed("This is somebody else's grade.")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    now = graded.own(grade.result, by)
    if now is None or now.pk != grade.pk or now.passed is None:
        raise Conflict("You have graded this result again, or taken the grade back already.")
    source = HumanGrade.Source.SAMPLE if grade.sample_id else HumanGrade.Source.PAGE
    back = _say(by, grade.result, source=source, sample=grade.sample, passed=None, reason="")
    audit.record(
        by=by,
        action="evaluations.grade_withdrawn",
        on=grade.result.run,
        feature=grade.result.run.feature.slug,
        before=_facts(grade),
        after=_facts(back),
    )
    weigh_after(grade.result.run)
    return back


def weigh_after(run: Run) -> None:
    """Have a worker weigh the judges of `run` again; it may get lost, for they are weighed once a day too."""
    if any(entry.get("type") == judges.TYPE for entry in run.scorers):
        enqueue("evaluations.weigh_judges", run.feature.slug, hint=True)


def _say(
    by: User, result: Result, *, source: str, sample: GradeSample | None, passed: bool | None, reason: str
) -> HumanGrade:
    sampling = HumanGrade.Sampling.CHOSEN if sample is None else HumanGrade.Sampling.RANDOM
    return HumanGrade.objects.create(
        result=result, by=by, passed=passed, reason=reason, source=source, sampling=sampling, sample=sample
    )


def _checked(result: Result, reason: str) -> str:
    if result.error_kind:
        raise InvalidInput("There is no output to grade: the case got an error.")
    reason = reason.replace("\0", "").strip()
    if len(reason) > MAX_REASON:
        raise InvalidInput(f"The reason has {len(reason):,} characters, at most {MAX_REASON:,}.")
    return reason


def _facts(grade: HumanGrade) -> dict[str, Any]:
    words = {True: "pass", False: "fail", None: "taken back"}
    return {
        "result": grade.result_id,
        "case": grade.result.case.key,
        "grade": words[grade.passed],
        "sampling": grade.sampling,
    }
