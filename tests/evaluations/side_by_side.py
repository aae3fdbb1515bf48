"""Finished runs with given outcomes, written as rows: nothing is asked."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from aiops.approaches.models import ClassifierVersion
from aiops.datasets import tally
from aiops.datasets.models import Case
from aiops.datasets.queries import cases_of
from aiops.evaluations.models import Result, Run, Score
from tests.evaluations.stage import Stage, make_stage
from tests.factories import make_classifier, make_dataset_version, make_run
from tests.factories.numbers import number

EXACT = {"name": "exact", "type": "exact"}
TONE = {"name": "tone", "type": "judge"}
LENGTH = {"name": "length", "type": "length"}
Said = bool | float | str | None  # passed, a value, "error" or "absent", or not judged
Outcome = Mapping[str, Said] | Said  # by scorer, or by "exact"


def staged(cases: Sequence[Mapping[str, Any]]) -> Stage:
    """A stage over these cases, written at once."""
    stage = make_stage(0)
    dataset = stage.dataset_version.dataset
    Case.objects.bulk_create(
        Case(
            **{
                "dataset": dataset,
                "since": dataset.draft_number,
                "position": at,
                "key": f"t-{at}",
                "inputs": {"ticket": f"Ticket {at}."},
                **values,
            }
        )
        for at, values in enumerate(cases)
    )
    tally.recount(dataset)
    dataset.refresh_from_db()
    stage.dataset_version = make_dataset_version(dataset=dataset)
    return stage


def classifier_version(stage: Stage) -> ClassifierVersion:
    """A version that nobody trained: its runs are told by their names."""
    return ClassifierVersion.objects.create(
        classifier=make_classifier(feature=stage.feature, name=f"intents-{number()}"),
        number=1,
        dataset_version=stage.dataset_version,
        variable="ticket",
        labels=["yes"],
        recipe={},
        weights=b"",
        sha256="0" * 64,
        report={},
        case_count=1,
        seconds=0.1,
    )


def finished(stage: Stage, *said: Outcome, **values: Any) -> Run:
    """A run over the cases of `stage`, in order; the last of `said` holds for all the cases that follow.

    A mapping says it by scorer, anything else is said by "exact".
    """
    scorers = values.pop("scorers", [EXACT])
    cost, latency = values.pop("cost", Decimal("0.001")), values.pop("latency", 100.0)
    cases = list(cases_of(values.get("dataset_version", stage.dataset_version)))
    own = {"feature": stage.feature, "dataset_version": stage.dataset_version, "scorers": scorers}
    if not values.keys() & {"rule_set_version", "classifier_version"}:
        own |= {"price": stage.price, "version": stage.version}
    total = len(cases) * values.get("repeats", 1)
    run = make_run(**{**own, "state": Run.State.FINISHED, "total": total, **values})
    repeats = run.repeats
    spoken: Sequence[Any] = [said[min(at, len(said) - 1)] for at in range(len(cases))]
    rows = [
        (Result(run=run, case=case, repeat=repeat, **_answer(case, word, cost, latency)), word)
        for case, word in zip(cases, spoken, strict=True)
        for repeat in range(repeats)
        if word != "absent"
    ]
    Result.objects.bulk_create([row for row, _ in rows])
    Score.objects.bulk_create([score for row, word in rows for score in _scores(row, word)])
    failed = sum(word == "error" for _, word in rows)
    Run.objects.filter(pk=run.pk).update(done=len(rows) - failed, failed=failed)
    run.refresh_from_db()
    return run


def _answer(case: Case, word: Any, cost: Decimal, latency: float | None) -> dict[str, Any]:
    if word == "error":
        return {"error_kind": "timeout", "error": "No answer.", "latency_ms": None}
    return {"output": f"answer to {case.key}", "cost": cost, "latency_ms": latency}


def _scores(row: Result, word: Any) -> list[Score]:
    if word == "error":
        return []
    by_scorer = word if isinstance(word, dict) else {"exact": word}
    return [
        Score(
            result=row,
            scorer=scorer,
            passed=said if isinstance(said, bool) else None,
            value=None if said is None else float(said),
            reason="as said",
        )
        for scorer, said in by_scorer.items()
    ]
