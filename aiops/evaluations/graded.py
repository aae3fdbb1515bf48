"""What people say of results, taken together and beside what scorers say. Light: no statistics library."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from aiops.accounts.models import User
from aiops.evaluations.models import GradeSample, HumanGrade, Result, Run, Score

RANDOM = HumanGrade.Sampling.RANDOM


@dataclass(frozen=True, slots=True)
class Cells:
    """How often people and a scorer agree. `split`: people disagree; `unjudged`: the scorer is silent."""

    human_fail_judge_fail: int = 0
    human_fail_judge_pass: int = 0
    human_pass_judge_pass: int = 0
    human_pass_judge_fail: int = 0
    split: int = 0
    unjudged: int = 0

    @property
    def n(self) -> int:
        return self.fails + self.passes

    @property
    def fails(self) -> int:
        """What people failed."""
        return self.human_fail_judge_fail + self.human_fail_judge_pass

    @property
    def passes(self) -> int:
        """What people passed."""
        return self.human_pass_judge_pass + self.human_pass_judge_fail

    @property
    def equal(self) -> int:
        return self.human_fail_judge_fail + self.human_pass_judge_pass


def newest(of: Q) -> QuerySet[HumanGrade]:
    """What each person says now of the results `of`; grades taken back are left out."""
    latest = (
        HumanGrade.objects.filter(of).order_by("result_id", "by_id", "-id").distinct("result_id", "by_id")
    )
    return HumanGrade.objects.filter(pk__in=latest.values("pk"), passed__isnull=False)


def random_since(of: Q, since: datetime) -> QuerySet[HumanGrade]:
    """Of `newest`, those of results drawn at random and graded at or after `since`."""
    return newest(of).filter(sampling=RANDOM, at__gte=since)


def verdicts(grades: Iterable[tuple[int, bool]]) -> dict[int, bool | None]:
    """Pairs (result, passed) as one word a result: the majority of people, None where they are split."""
    votes: defaultdict[int, int] = defaultdict(int)
    for result, passed in grades:
        votes[result] += 1 if passed else -1
    return {result: None if vote == 0 else vote > 0 for result, vote in votes.items()}


def cells(human: Mapping[int, bool | None], judged: Mapping[int, bool | None]) -> Cells:
    """Both by result; what is not in `judged`, or None there, is unjudged."""
    counts = Counter(_cell(said, judged.get(result)) for result, said in human.items())
    return Cells(**counts)


def _cell(said: bool | None, judged: bool | None) -> str:  # noqa: FBT001 - two answers, beside each other
    if said is None:
        return "split"
    if judged is None:
        return "unjudged"
    return f"human_{'pass' if said else 'fail'}_judge_{'pass' if judged else 'fail'}"


@dataclass(frozen=True, slots=True)
class Panel:
    """People on a run: grades that hold, by how many; by scorer the cells of random and of other ones."""

    grades: int
    random: int
    people: int
    rows: list[tuple[dict[str, Any], Cells, Cells]]


def panel(run: Run) -> Panel:
    """What people say of the results of `run`, beside each of its scorers; two questions."""
    grades = list(newest(Q(result__run=run)).values_list("result_id", "by_id", "passed", "sampling"))
    results = {grade[0] for grade in grades}
    scores = Score.objects.filter(result_id__in=results).values_list("scorer", "result_id", "passed")
    judged: defaultdict[str, dict[int, bool | None]] = defaultdict(dict)
    for scorer, result, passed in scores if results else ():
        judged[scorer][result] = passed
    drawn = verdicts((g[0], bool(g[2])) for g in grades if g[3] == RANDOM)
    picked = verdicts((g[0], bool(g[2])) for g in grades if g[3] != RANDOM)
    rows = [
        (scorer, cells(drawn, judged[scorer["name"]]), cells(picked, judged[scorer["name"]]))
        for scorer in run.scorers
        if scorer["name"] in judged
    ]
    return Panel(
        grades=len(grades),
        random=sum(grade[3] == RANDOM for grade in grades),
        people=len({grade[1] for grade in grades}),
        rows=rows,
    )


def history(result: Result) -> QuerySet[HumanGrade]:
    """All that was ever said of `result`, the newest first."""
    return HumanGrade.objects.filter(result=result).select_related("by").order_by("-id")


def own(result: Result, by: User | None) -> HumanGrade | None:
    """The newest row of `by` on `result`, taken back or not."""
    return HumanGrade.objects.filter(result=result, by=by).order_by("-id").first()


def answered(run: Run) -> QuerySet[Result]:
    """The results of `run` that a person can grade."""
    return Result.objects.filter(run=run, error_kind="")


def samples(run: Run, by: User) -> list[tuple[GradeSample, int]]:
    """The samples that `by` drew of `run`, the newest first, each with how many are graded by now."""
    drawn = list(GradeSample.objects.filter(run=run, by=by))
    held = Counter(
        newest(Q(sample__in=drawn, by=by)).filter(sample__in=drawn).values_list("sample_id", flat=True)
    )
    return [(sample, held[sample.pk]) for sample in drawn]


def in_sample(sample: GradeSample) -> dict[int, HumanGrade]:
    """By result what the person of `sample` says now of what it drew, in the order that it was drawn in."""
    said = newest(Q(result_id__in=sample.result_ids, by=sample.by_id)).filter(sample=sample)
    found = {grade.result_id: grade for grade in said}
    return {result: found[result] for result in sample.result_ids if result in found}


def gradable_runs() -> QuerySet[Run]:
    """Runs with something to grade, the newest first."""
    has = Result.objects.filter(run=OuterRef("pk"), error_kind="")
    rows = Run.objects.select_related("feature", "dataset_version__dataset")
    return rows.filter(Exists(has)).exclude(state__in=Run.ACTIVE)


def drawn_and_graded(runs: Iterable[Run], by: User) -> dict[int, tuple[int, int]]:
    """By run how many results `by` drew of it and how many of these are graded by now; two questions."""
    ids = [run.pk for run in runs]
    drawn: defaultdict[int, int] = defaultdict(int)
    for run, results in GradeSample.objects.filter(run__in=ids, by=by).values_list("run_id", "result_ids"):
        drawn[run] += len(results)
    said = newest(Q(result__run__in=ids, by=by)).filter(sample__isnull=False)
    graded = Counter(said.values_list("result__run_id", flat=True))
    return {run: (count, graded[run]) for run, count in drawn.items()}
