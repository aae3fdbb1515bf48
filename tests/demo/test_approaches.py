"""The demo's other lesson: start with the task. What needs no model is the best there, and costs nothing."""

import pytest

from aiops.approaches.models import ClassifierVersion, RuleSetVersion, Training
from aiops.core.money import ZERO
from aiops.demo import content, loading
from aiops.evaluations.models import Run, Verdict

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def routing(monkeypatch, settings, tmp_path):
    """The feature with its four approaches alone."""
    settings.AIOPS_HOME = tmp_path
    whole = content.manifest()
    part = whole.model_copy(
        update={
            "features": {"language-routing": whole.features["language-routing"]},
            "runs": tuple(run for run in whole.runs if run.feature == "language-routing"),
        }
    )
    monkeypatch.setattr(content, "manifest", lambda: part)


def test_four_approaches_are_run_over_the_same_cases():
    loading.load(lambda _text: None)
    runs = list(Run.objects.order_by("id"))
    assert [run.approach.by for run in runs] == ["sim-large", "sim-small", "rule set", "classifier"]
    assert {(run.state, run.done, run.failed, run.dataset_version_id) for run in runs} == {
        ("finished", 194, 0, runs[0].dataset_version_id)
    }
    assert [run.cost > ZERO for run in runs] == [True, True, False, False]
    large, small, rules, trained = (passes(run) for run in runs)
    assert rules < small < large < trained
    assert Verdict.objects.get(candidate=runs[3]).outcome == "PASS"
    _they_were_made_before_they_were_run(runs)


def passes(run: Run) -> int:
    return run.results.filter(scores__passed=True).count()


def _they_were_made_before_they_were_run(runs: list[Run]) -> None:
    rules, trained = RuleSetVersion.objects.get(), ClassifierVersion.objects.get()
    training = Training.objects.get()
    assert rules.created_at < runs[2].created_at
    assert training.started_at < training.finished_at == trained.created_at < runs[3].created_at
    assert trained.dataset_version.frozen_at < training.created_at
    assert trained.seconds < 60
