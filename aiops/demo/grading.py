"""What the reviewers of the demo say of a run with a judge, and what the judge is worth by it.

They see what the run's scorers see, the sentiment too, of which the judge's rubric says nothing: so the judge
is too mild, and is not trusted. Now and then a reviewer sees it otherwise, by a draw that is the same for
ever: people do not always agree.
"""

from django.db import transaction

from aiops.accounts.models import User
from aiops.core.actors import Actor
from aiops.demo import content
from aiops.evaluations.actions.grades import draw_sample, grade_result
from aiops.evaluations.actions.trust import weigh_judges
from aiops.evaluations.models import HumanGrade, Result, Run
from aiops.providers.simulated.draws import fraction

OTHERWISE = 0.04  # the share of grades in which a person sees it otherwise
_PROBLEMS = {
    "json_schema": "The console could not read it.",
    "language": "Not in the language of the ticket.",
    "token_f1": "Misses what the customer wants.",
    "checks": "The sentiment or the order number is wrong.",
}
TASTE = "I would have to open the ticket all the same."
_SEED = 20  # of the first person's draw


@transaction.atomic
def grade(wanted: content.Run, run: Run, *, by: Actor) -> None:
    """Grades of the run by people of the manifest, then the state of its judges; nothing where it is done."""
    if wanted.graded is None or HumanGrade.objects.filter(result__run=run).exists():
        return
    for seed, email in enumerate(wanted.graded.by, start=_SEED):
        _sample(User.objects.get(email=email), run, wanted.graded.each, seed)
    weigh_judges(by=by, feature=run.feature.slug)


def _sample(person: User, run: Run, size: int, seed: int) -> None:
    sample = draw_sample(by=person, run=run, size=size, seed=seed)
    drawn = Result.objects.select_related("run__feature", "case").prefetch_related("scores")
    found = drawn.in_bulk(sample.result_ids)
    for pk in sample.result_ids:
        seen = problem(found[pk])
        otherwise = fraction("grade", person.email, found[pk].case.key) < OTHERWISE
        passed = (seen is not None) == otherwise
        grade_result(
            by=person,
            result=found[pk],
            passed=passed,
            reason="" if passed else seen[1] if seen else TASTE,
            sample=sample,
        )


def problem(result: Result) -> tuple[str, str] | None:
    """What a person who reads it would miss first: which scorer sees it, and in words; None: nothing."""
    failed = {score.scorer for score in result.scores.all() if score.passed is False}
    return next(((scorer, words) for scorer, words in _PROBLEMS.items() if scorer in failed), None)
