"""Where people and a judge say otherwise, with the words of both."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from aiops.core import clock
from aiops.evaluations import graded
from aiops.evaluations.judges import WINDOW, Judge, uses
from aiops.evaluations.models import HumanGrade, Result, Score

KINDS = {"missed": "Judge passes, people fail", "strict": "Judge fails, people pass"}


@dataclass(frozen=True, slots=True)
class Found:
    """A result on which people, by majority, and the judge differ; `name` is the judge's in that run."""

    result_id: int
    name: str
    people_pass: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A disagreement with all that a page shows of it."""

    result: Result
    score: Score
    grades: list[HumanGrade]
    people_pass: bool


def found(judge: Judge, *, kind: str = "", every: bool = False) -> list[Found]:
    """The disagreements, the latest first: of random grades of four weeks, or of `every` grade there is."""
    names = uses(judge)
    of = Q(result__run__in=names)
    grades = graded.newest(of) if every else graded.random_since(of, clock.now() - WINDOW)
    rows = list(grades.values_list("result_id", "result__run_id", "passed"))
    run_of = {result: run for result, run, _ in rows}
    human = graded.verdicts((result, bool(passed)) for result, _, passed in rows)
    scores = Score.objects.filter(result__in=run_of, passed__isnull=False)
    differing = [
        Found(result, scorer, people_pass=not passed)
        for result, scorer, passed in scores.values_list("result_id", "scorer", "passed")
        if scorer == names[run_of[result]] and human[result] is not None and human[result] != passed
    ]
    wanted = [one for one in differing if not kind or one.people_pass == (kind == "strict")]
    return sorted(wanted, key=lambda one: one.result_id, reverse=True)


def shown(page: Sequence[Found]) -> list[Shown]:
    """Those of one page, in three questions."""
    ids = [one.result_id for one in page]
    results = Result.objects.select_related("case").in_bulk(ids)
    scores = {(score.result_id, score.scorer): score for score in Score.objects.filter(result__in=ids)}
    grades: defaultdict[int, list[HumanGrade]] = defaultdict(list)
    for grade in graded.newest(Q(result__in=ids)).select_related("by"):
        grades[grade.result_id].append(grade)
    return [
        Shown(results[one.result_id], scores[one.result_id, one.name], grades[one.result_id], one.people_pass)
        for one in page
    ]
