"""Runs and their results, as rows: nothing is sent to a worker."""

from typing import Any

from aiops.core import clock
from aiops.evaluations.models import Pairwise, PlaygroundCall, Result, Run, Score, Trial, Verdict
from tests.factories.catalog import make_price
from tests.factories.datasets import make_case, make_dataset_version
from tests.factories.people import make_user
from tests.factories.prompts import make_feature, make_version


def make_run(**values: Any) -> Run:
    """A queued run over the one case of a new dataset; `state="finished"` sets when it ended."""
    values = _approach(values) | values
    version = values.pop("dataset_version", None) or make_dataset_version()
    if values.get("state", Run.State.QUEUED) not in Run.ACTIVE:
        values = {"started_at": clock.now(), "finished_at": clock.now(), **values}
    return Run.objects.create(
        **{
            "feature": values.pop("feature", None) or make_feature(),
            "dataset_version": version,
            "scorers": [{"name": "exact", "type": "exact"}],
            "total": version.case_count,
            **values,
        }
    )


def _approach(values: dict[str, Any]) -> dict[str, Any]:
    """A new prompt version on a model of its own, unless `values` name another approach."""
    if "rule_set_version" in values or "classifier_version" in values:
        return {}
    price = values.pop("price", None) or make_price()
    version = values.pop("version", None) or make_version()
    return {"version": version, "model": price.model, "price": price, "vendor_name": price.model.vendor_name}


def make_result(**values: Any) -> Result:
    """One case's answer in a finished run, with one score that passed."""
    case = values.pop("case", None) or make_case()
    run = values.pop("run", None) or make_run(
        dataset_version=make_dataset_version(dataset=case.dataset), state=Run.State.FINISHED, done=1
    )
    result = Result.objects.create(
        **{
            "run": run,
            "case": case,
            "output": "late",
            "input_tokens": 8,
            "output_tokens": 2,
            "latency_ms": 120.0,
            **values,
        }
    )
    Score.objects.create(result=result, scorer="exact", value=1.0, passed=True)
    return result


def make_pair(**values: Any) -> tuple[Run, Run]:
    """A candidate and a baseline that may be compared: finished, over the same cases, without results."""
    baseline = make_run(state=Run.State.FINISHED, **values)
    same = {name: getattr(baseline, name) for name in ("feature", "dataset_version", "price", "scorers")}
    prompt_version = make_version(prompt=baseline.version.prompt)
    return make_run(state=Run.State.FINISHED, version=prompt_version, **same), baseline


def make_playground_call(**values: Any) -> PlaygroundCall:
    """One model's answer in a trial of a version."""
    version = values.pop("version", None) or make_version()
    trial = values.pop("trial", None) or Trial.objects.create(
        prompt=version.prompt,
        version=version,
        inputs={"ticket": "Where is it?"},
        created_by=values.pop("by", None) or make_user(),
    )
    price = values.pop("price", None) or make_price()
    ended = {"state": PlaygroundCall.State.ANSWERED, "output": "late", "finished_at": clock.now()}
    return PlaygroundCall.objects.create(
        **{"trial": trial, "model": price.model, "price": price, "latency_ms": 120.0, **ended, **values}
    )


def make_pairwise(**values: Any) -> Pairwise:
    """A queued comparison of two runs over a case that both have answered; nobody is told."""
    candidate, baseline = make_pair()
    model = candidate.price.model
    rubric = make_version(variables={name: {"type": "string"} for name in ("first", "second")})
    if values.get("state", Run.State.QUEUED) not in Run.ACTIVE:
        values = {"finished_at": clock.now(), **values}
    judge = {
        "name": "judge", "type": "judge", "prompt": rubric.prompt.name, "version": rubric.pk,
        "version_number": 1, "sha256": rubric.sha256, "model": model.pk, "model_name": model.name,
        "price": candidate.price_id, "provider": model.provider_id, "scale": "pass_fail", "pass_at": 4,
        "reference": False, "repeats": 1, "frame": 1,
    }  # fmt: skip  # pairs, read as a table
    sides = {"candidate": candidate, "baseline": baseline, "provider": model.provider}
    return Pairwise.objects.create(**{**sides, "judge": judge, "total": 1, **values})


def make_verdict(**values: Any) -> Verdict:
    """An INCONCLUSIVE of two runs without results."""
    candidate, baseline = make_pair()
    return Verdict.objects.create(
        **{
            "candidate": candidate,
            "baseline": baseline,
            "outcome": Verdict.Outcome.INCONCLUSIVE,
            "reason": "missing_results",
            "sentence": "No case has a result on both sides",
            "decision": {
                "total": None, "category": [], "locale": [], "both": [], "cases": 1, "missing": 1,
                "clusters": None, "must_pass_failed": [], "demands": {"margin": 0.05, "min_category": 20},
                "flipped": {"down": [], "up": []},
            },
            **values,
        }
    )  # fmt: skip  # arguments by what they belong to
