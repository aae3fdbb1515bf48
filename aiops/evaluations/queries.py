"""Questions about runs and their results."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    Exists,
    F,
    FloatField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
)

from aiops.core import clock
from aiops.core.money import ZERO
from aiops.evaluations.models import Result, Run, Score, with_approaches

_LIST_FILTERS = {
    "feature": "feature",
    "dataset": "dataset_version__dataset",
    "prompt": "version__prompt",
    "state": "state",
    "person": "created_by",
}
_RESULT_FILTERS = {
    "category": "case__category",
    "locale": "case__locale",
    "error": "error_kind",
    "text": "output__icontains",
}
NONE = "(none)"  # a category or locale that is empty, in URLs


def runs(filters: Mapping[str, Any] | None = None) -> QuerySet[Run]:
    """Runs with all that a row shows, newest first."""
    rows = with_approaches(
        Run.objects.select_related("feature", "dataset_version__dataset", "price", "created_by")
    )
    return rows.filter(**{_LIST_FILTERS[name]: value for name, value in (filters or {}).items()})


def last_run_of(version_id: int) -> Run | None:
    """The latest run of a prompt version."""
    return runs().filter(version_id=version_id).first()


@dataclass(frozen=True, slots=True)
class Progress:
    """Of an active run: results a second, and milliseconds until it ends at that rate; None while unknown."""

    rate: float | None
    left_ms: float | None


def progress(run: Run) -> Progress:
    """How fast `run` goes since it started."""
    if run.started_at is None or not run.accounted:
        return Progress(None, None)
    seconds = max((clock.now() - run.started_at) / timedelta(seconds=1), 0.001)
    rate = run.accounted / seconds
    return Progress(rate, (run.total - run.accounted) / rate * 1000)


class _Percentile(Aggregate):
    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"


def facts(run: Run) -> dict[str, Any]:
    """Of the run's results, as JSON keeps it: `results` and `answered` of them, `cost` of the answers in USD
    as text, what those taken over have cost included; `timed` of them with p50 and p95 of latency in ms;
    tokens in and out.
    """
    latency = {
        name: _Percentile("latency_ms", share=share, output_field=FloatField())
        for name, share in (("p50", 0.5), ("p95", 0.95))
    }
    found = Result.objects.filter(run=run).aggregate(
        **latency,
        timed=Count("latency_ms"),
        results=Count("id"),
        answered=Count("id", filter=Q(error_kind="")),
        cost=Sum("cost", default=ZERO),
        tokens_in=Sum(F("input_tokens") + F("cached_input_tokens") + F("cache_write_tokens")),
        tokens_out=Sum(F("output_tokens") + F("reasoning_tokens")),
    )
    return {**found, "cost": str(found["cost"] + run.reused_cost)}


def out_of_fold(run: Run) -> int:
    """How many answers of a classifier are those of a model that had not seen the text."""
    if run.classifier_version_id is None:
        return 0
    return Result.objects.filter(run=run, fold__isnull=False).count()


def errors_by_kind(run: Run) -> list[dict[str, Any]]:
    """[{"error_kind", "n", "example"}], the most frequent first."""
    failed = Result.objects.filter(run=run).exclude(error_kind="")
    counted = failed.values("error_kind").annotate(n=Count("id"), example=Min("error"))
    return [dict(row) for row in counted.order_by("-n", "error_kind")]


def results(run: Run, filters: Mapping[str, str] | None = None) -> QuerySet[Result]:
    """The results of `run` that the `filters` of `ResultFilter` leave, in the order of the dataset."""
    chosen = dict(filters or {})
    rows = Result.objects.filter(run=run).select_related("case")
    for name, lookup in _RESULT_FILTERS.items():
        if name in chosen:
            rows = rows.filter(**{lookup: "" if chosen[name] == NONE else chosen[name]})
    rows = _with_outcome(rows, chosen.get("outcome", ""), chosen.get("scorer", ""))
    return rows.order_by("case__position", "case_id", "repeat")


def _with_outcome(rows: QuerySet[Result], outcome: str, scorer: str) -> QuerySet[Result]:
    if not outcome:
        return rows
    if outcome == "error":
        return rows.exclude(error_kind="")
    scores = Score.objects.filter(result=OuterRef("pk"))
    if scorer:
        scores = scores.filter(scorer=scorer)
    failed, passed = Exists(scores.filter(passed=False)), Exists(scores.filter(passed=True))
    if outcome == "failed":
        return rows.filter(failed)
    if outcome == "passed":
        return rows.filter(passed & ~failed)
    return rows.filter(~passed & ~failed)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a result stands among those that the filters leave; ids of the ones beside it."""

    before: int | None
    after: int | None
    place: int
    count: int


def neighbours(result: Result, rows: QuerySet[Result]) -> Neighbours:
    """Counted by the order of `results`; a result that the filters leave out has place 0."""
    here = (result.case.position, result.case_id, result.repeat)
    earlier = _beside(rows, here, "lt")
    later = _beside(rows, here, "gt")
    count = rows.count()
    before = earlier.order_by("-case__position", "-case_id", "-repeat").values_list("id", flat=True).first()
    after = later.values_list("id", flat=True).first()
    within = rows.filter(pk=result.pk).exists()
    return Neighbours(before, after, earlier.count() + 1 if within else 0, count)


def _beside(rows: QuerySet[Result], here: tuple[int, int, int], side: str) -> QuerySet[Result]:
    position, case, repeat = here
    return rows.filter(
        Q(**{f"case__position__{side}": position})
        | Q(case__position=position, **{f"case_id__{side}": case})
        | Q(case__position=position, case_id=case, **{f"repeat__{side}": repeat})
    )


def same_case(result: Result, limit: int = 20) -> QuerySet[Result]:
    """What other runs answered to the case, by its key: an edited case counts as the same."""
    case = result.case
    rows = Result.objects.filter(case__dataset_id=case.dataset_id, case__key=case.key).exclude(
        run_id=result.run_id
    )
    return with_approaches(rows, "run").prefetch_related("scores").order_by("-id")[:limit]
