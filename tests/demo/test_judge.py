"""The demo's judge: asked in one run, and held against what two reviewers say of results drawn at random."""

import pytest

from aiops.core.money import ZERO
from aiops.demo import content, loading
from aiops.evaluations.models import GradeSample, HumanGrade, JudgeTrust, Run, Score

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def judged(monkeypatch, settings, tmp_path):
    """The feature of the summaries with the run that has a judge."""
    settings.AIOPS_HOME = tmp_path
    whole = content.manifest()
    part = whole.model_copy(
        update={
            "features": {"support-summary": whole.features["support-summary"]},
            "runs": tuple(run for run in whole.runs if run.judges),
        }
    )
    monkeypatch.setattr(content, "manifest", lambda: part)


def test_a_judge_is_asked_and_weighed_against_people():
    loading.load(lambda _text: None)
    run = Run.objects.get()
    scores = Score.objects.filter(result__run=run, scorer="summary judge")
    assert (run.state, scores.count(), run.judge_cost > ZERO) == ("finished", 270, True)
    assert scores.filter(passed=None).count() < 270 * 0.05
    assert not scores.filter(passed=None).exclude(reason__startswith="The judge").exists()
    trust = JudgeTrust.objects.get()
    assert (trust.state, trust.figures["n"] >= 60, trust.figures["bias"] > 0) == ("NOT_TRUSTED", True, True)
    _two_people_graded_before(trust, run)


def _two_people_graded_before(trust: JudgeTrust, run: Run) -> None:
    samples = GradeSample.objects.order_by("id")
    assert [(sample.by.email, len(sample.result_ids)) for sample in samples] == [
        ("reviewer@demo", 40),
        ("reviewer2@demo", 40),
    ]
    grades = HumanGrade.objects.order_by("at")
    assert (grades.count(), grades.filter(sampling="random").count()) == (80, 80)
    assert trust.figures["split"] > 0
    assert run.finished_at < samples[0].at < grades[0].at < grades[79].at == trust.since == trust.at
