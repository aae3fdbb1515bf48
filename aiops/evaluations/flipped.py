"""The cases that flipped between two runs, one at a time with both answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiops.core import diffs
from aiops.datasets.models import Case
from aiops.evaluations.models import Result, Run, Verdict
from aiops.evaluations.queries import NONE


@dataclass(frozen=True, slots=True)
class Side:
    """A run's answer to the case; `line` holds it with the words marked that the other one lacks."""

    run: Run
    result: Result | None
    line: diffs.Line
    passed: bool


@dataclass(frozen=True, slots=True)
class Flip:
    case: Case
    base: Side
    candidate: Side


def flipped_ids(verdict: Verdict, direction: str, chosen: Mapping[str, str]) -> list[int]:
    """Ids of the cases that went `direction` ("down" or "up"), narrowed by category and locale."""
    ids: list[int] = verdict.decision["flipped"][direction]
    wanted = {name: chosen[name] for name in ("category", "locale") if chosen.get(name)}
    if not wanted:
        return ids
    lookup = {name: "" if value == NONE else value for name, value in wanted.items()}
    left = set(Case.objects.filter(pk__in=ids, **lookup).values_list("pk", flat=True))
    return [pk for pk in ids if pk in left]


def flip(verdict: Verdict, case_id: int, direction: str) -> Flip:
    """Both answers: of several repeats one that shows the flip."""
    case = Case.objects.get(pk=case_id)
    base = _one(verdict.baseline, case, passing=direction == "down")
    candidate = _one(verdict.candidate, case, passing=direction == "up")
    before, after = diffs.words(_text(base), _text(candidate))
    return Flip(
        case=case,
        base=Side(verdict.baseline, base, diffs.Line("del", before), passes(base)),
        candidate=Side(verdict.candidate, candidate, diffs.Line("ins", after), passes(candidate)),
    )


def passes(result: Result | None) -> bool:
    """Whether every scorer that could judge it lets it pass."""
    if result is None or result.error_kind:
        return False
    return all(score.passed is not False for score in result.scores.all())


def _one(run: Run, case: Case, *, passing: bool) -> Result | None:
    results = list(Result.objects.filter(run=run, case=case).prefetch_related("scores").order_by("repeat"))
    fitting = [result for result in results if passes(result) == passing]
    return next(iter([*fitting, *results]), None)


def _text(result: Result | None) -> str:
    if result is None:
        return ""
    return result.error if result.error_kind else result.output
