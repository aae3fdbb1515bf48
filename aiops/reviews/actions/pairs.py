"""Two runs' answers to the same cases, side by side before people."""

from random import Random

from django.db import transaction

from aiops.accounts.access import check
from aiops.accounts.models import User
from aiops.accounts.permissions import Permission
from aiops.audit import actions as audit
from aiops.core.errors import InvalidInput
from aiops.evaluations import pairwise_work
from aiops.evaluations.models import Result, Run
from aiops.reviews import making, masking
from aiops.reviews.models import CalibrationRound, ReviewItem, Scale

MOST = 500  # cases
MOST_REVIEWERS = 5


@transaction.atomic
def start_pairs(
    *, by: User, candidate: Run, baseline: Run, size: int = 50, reviewers: int = 1
) -> CalibrationRound:
    """Draw `size` cases that both runs answered, for `reviewers` people each, who see no names of runs.

    InvalidInput where the two cannot be compared: the same run, other cases, one that is under way.
    """
    check(by, Permission.EVALUATIONS_RUN)
    if not 1 <= size <= MOST or not 1 <= reviewers <= MOST_REVIEWERS:
        raise InvalidInput(f"Compare 1 to {MOST} cases, by 1 to {MOST_REVIEWERS} people each.")
    if problem := _problem(candidate, baseline):
        raise InvalidInput(problem)
    both = pairwise_work.comparable_cases(candidate.pk, baseline.pk)
    answers = Result.objects.select_related("case", "run__version", "run__model", "run__feature").in_bulk(
        [pk for pair in both.values() for pk in pair]
    )
    told = [pair for _, pair in sorted(both.items()) if answers[pair[0]].output != answers[pair[1]].output]
    if not told:
        raise InvalidInput("No case has two answers that differ.")
    opened = CalibrationRound.objects.create(
        kind=CalibrationRound.Kind.PAIRS,
        feature=candidate.feature,
        title=f"Run {candidate.pk} against run {baseline.pk}",
        opened_by=by,
    )
    drawn = Random(opened.pk).sample(told, min(size, len(told)))  # noqa: S311 - a draw that can be repeated
    maker = making.Maker.of(candidate.feature, by=by)
    name = candidate.approach.name
    making.save(
        _pair(maker, answers[one], answers[other], name, round=opened, seats=reviewers)
        for one, other in drawn
    )
    audit.record(
        by=by,
        action="reviews.pairs_started",
        on=candidate,
        feature=candidate.feature.slug,
        after={
            "candidate": candidate.pk,
            "baseline": baseline.pk,
            "cases": len(drawn),
            "reviewers": reviewers,
        },
    )
    return opened


def _pair(maker: making.Maker, one: Result, other: Result, name: str, **values: object) -> ReviewItem:
    item = maker.of_result(one, name)
    item.scale, item.other = Scale.PAIRWISE, other
    item.other_output = masking.masked(other.output, maker.policy.masked, item.locale)
    for field, value in values.items():
        setattr(item, field, value)
    return item


def _problem(candidate: Run, baseline: Run) -> str:
    if candidate.pk == baseline.pk:
        return f"{candidate} can't be compared with itself."
    for run in (candidate, baseline):
        if run.state != Run.State.FINISHED:
            return f"{run} is {run.get_state_display().lower()}: only finished runs are compared."
    if candidate.dataset_version_id != baseline.dataset_version_id:
        return "Only runs over the same frozen cases are compared."
    return ""
