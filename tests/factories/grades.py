"""Grades by people, and runs whose results a judge has judged: rows as a run's worker stores them."""

from collections.abc import Sequence
from typing import Any

from aiops.accounts.models import User
from aiops.datasets import tally
from aiops.datasets.models import Case
from aiops.evaluations.models import GradeSample, GradeUpload, HumanGrade, JudgeTrust, Result, Run, Score
from tests.factories.datasets import make_dataset, make_dataset_version
from tests.factories.evaluations import make_result, make_run
from tests.factories.people import make_user
from tests.factories.prompts import make_feature

FIGURES = {
    "n": 0,
    "equal": 0,
    "split": 0,
    "unjudged": 0,
    "cells": {},
    "fails": {"hits": 0, "n": 0, "share": None, "low": 0.0, "high": 1.0},
    "passes": {"hits": 0, "n": 0, "share": None, "low": 0.0, "high": 1.0},
    "human_pass_share": None,
    "judged": 0,
    "judge_rate": None,
    "true_rate": {"mean": None, "low": None, "high": None},
    "bias": None,
    "seed": 1,
}


def judge_entry(**values: Any) -> dict[str, Any]:
    """A judge among a run's scorers, resolved."""
    return {
        "name": "judge",
        "type": "judge",
        "prompt": "summary-judge",
        "version": 1,
        "version_number": 1,
        "sha256": "a" * 64,
        "model": 1,
        "model_name": "large",
        "price": 1,
        "provider": 1,
        "scale": "pass_fail",
        "reference": False,
        "repeats": 1,
        "pass_at": 4,
        **values,
    }


def make_judged_run(
    verdicts: Sequence[bool | None], *, entry: dict[str, Any] | None = None, **values: Any
) -> Run:
    """A finished run with a result for each verdict of its judge; None: the judge failed."""
    entry = entry or judge_entry()
    dataset = make_dataset()
    cases = Case.objects.bulk_create(
        Case(
            dataset=dataset,
            key=f"t-{n:03}",
            since=1,
            position=n,
            inputs={"ticket": f"Ticket {n}"},
            expected="x",
        )
        for n in range(len(verdicts))
    )
    tally.recount(dataset)
    given = {"feature": values.pop("feature", None) or make_feature(), "state": Run.State.FINISHED, **values}
    version = make_dataset_version(dataset=dataset)
    run = make_run(dataset_version=version, scorers=[entry], done=len(cases), **given)
    results = Result.objects.bulk_create(
        Result(run=run, case=case, output=f"answer to {case.key}", latency_ms=1.0) for case in cases
    )
    Score.objects.bulk_create(
        Score(
            result=result,
            scorer=entry["name"],
            passed=passed,
            value=None if passed is None else float(passed),
            reason=f"The judge on {result.case.key}",
        )
        for result, passed in zip(results, verdicts, strict=True)
    )
    return run


def make_sample(**values: Any) -> GradeSample:
    """A sample of the one result of a new run, drawn by a new person."""
    run = values.pop("run", None) or make_result().run
    ids = values.pop("result_ids", None) or list(run.results.order_by("pk").values_list("pk", flat=True))
    return GradeSample.objects.create(
        **{
            "run": run,
            "by": values.pop("by", None) or make_user(),
            "seed": 1,
            "population": len(ids),
            "result_ids": ids,
        }
        | values
    )


def make_grade(**values: Any) -> HumanGrade:
    """A pass by a new person for a result that the person picked; with `sample`: in that sample."""
    sample = values.get("sample")
    result = values.pop("result", None) or make_result()
    drawn = {"source": "sample", "sampling": "random"} if sample else {}
    return HumanGrade.objects.create(
        **{
            "result": result,
            "by": values.pop("by", None) or (sample.by if sample else make_user()),
            "passed": True,
            "source": "page",
            "sampling": "chosen",
            **drawn,
            **values,
        }
    )


def grade_at_random(
    run: Run, said: Sequence[bool | None], *, by: User | None = None, **values: Any
) -> GradeSample:
    """Draw all results of `run` for `by` and grade them in the order of the dataset; None: not graded."""
    sample = make_sample(run=run, by=by or make_user())
    results = run.results.order_by("case__position", "pk")
    HumanGrade.objects.bulk_create(
        HumanGrade(
            result=result,
            by=sample.by,
            passed=passed,
            reason="" if passed else "People say why",
            source="sample",
            sampling="random",
            sample=sample,
            **values,
        )
        for result, passed in zip(results, said, strict=True)
        if passed is not None
    )
    return sample


def make_grade_upload(**values: Any) -> GradeUpload:
    """A file of one grade of the result of a new run, waiting to be confirmed."""
    run = values.pop("run", None) or make_result().run
    key = run.results.get().case.key
    counts = {"total": 1, "new": 1, "changed": 0, "unchanged": 0, "random": 0}
    row = {
        "state": "new",
        "case": key,
        "repeat": None,
        "passed": True,
        "reason": "",
        "by": "",
        "random": False,
    }
    return GradeUpload.objects.create(
        **{
            "run": run,
            "filename": "grades.csv",
            "content": f"case,passed\n{key},pass\n".encode(),
            "preview": {"counts": counts, "rows": [row], "ignored": []},
            "created_by": values.pop("by", None) or make_user(),
            **values,
        }
    )


def make_trust(**values: Any) -> JudgeTrust:
    """A judge that is trusted."""
    return JudgeTrust.objects.create(
        **{
            "feature": values.pop("feature", None) or make_feature(),
            "digest": "0" * 64,
            "state": "TRUSTED",
            "because": "it finds 19 of 21 human fails",
            "figures": FIGURES,
            **values,
        }
    )
