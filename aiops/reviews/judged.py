"""What a judge said of outputs that people grade."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from aiops.evaluations.models import Score
from aiops.evaluations.scorers.judge import TYPE
from aiops.reviews.models import Grade, JudgedCall, ReviewItem

JUDGED = JudgedCall.State.JUDGED


def verdict(item: ReviewItem) -> bool | None:
    """Whether a judge passes the output of `item`; None where none said."""
    return verdicts([item]).get(item.pk)


def verdicts(items: Iterable[ReviewItem]) -> dict[int, bool]:
    """By item whether a judge passes its output; in two questions at most."""
    calls: dict[str, int] = {}
    results: dict[int, int] = {}
    for item in items:
        if item.source == ReviewItem.Source.CALL:
            calls[item.source_id] = item.pk
        elif item.result_id is not None:
            results[item.result_id] = item.pk
    return (_of_calls(calls) if calls else {}) | (_of_results(results) if results else {})


def differing(since: datetime) -> QuerySet[ReviewItem]:
    """Calls that one person graded since, and that a judge, asked by now, sees differently."""
    alone = Grade.objects.filter(item=OuterRef("pk"))
    other = JudgedCall.objects.filter(call_id=OuterRef("source_id"), state=JUDGED)
    differs = Exists(alone.filter(passed=False)) & Exists(other.filter(passed=True)) | Exists(
        alone.filter(passed=True)
    ) & Exists(other.filter(passed=False))
    rows = ReviewItem.objects.filter(
        source=ReviewItem.Source.CALL, state=ReviewItem.State.DONE, seats=1, round=None, done_at__gte=since
    )
    return rows.filter(differs)


def _of_calls(items: dict[str, int]) -> dict[int, bool]:
    """What the live judge said; of several judges the one that was asked last."""
    rows = JudgedCall.objects.filter(call_id__in=items, state=JUDGED).order_by("judged_at", "id")
    return {items[call]: bool(passed) for call, passed in rows.values_list("call_id", "passed")}


def _of_results(items: dict[int, int]) -> dict[int, bool]:
    """What the run's judge said; of several judges the first that the run names."""
    rows = Score.objects.filter(result__in=items, passed__isnull=False)
    said: dict[int, tuple[int, bool]] = {}
    for result, scorer, passed, scorers in rows.values_list(
        "result_id", "scorer", "passed", "result__run__scorers"
    ):
        names = [entry["name"] for entry in scorers if entry["type"] == TYPE]
        if scorer in names:
            found = (names.index(scorer), bool(passed))
            said[result] = min(said.get(result, found), found)
    return {items[result]: passed for result, (_, passed) in said.items()}
