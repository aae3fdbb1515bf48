"""The demo's lesson: a version that raises the average, and breaks Japanese most, is blocked."""

import pytest

from aiops.demo import content, loading
from aiops.evaluations.models import Verdict

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def summaries(monkeypatch, settings, tmp_path):
    """The summary's third and fourth version on the large model."""
    settings.AIOPS_HOME = tmp_path
    whole = content.manifest()
    runs = [run for run in whole.runs if (run.feature, run.model) == ("support-summary", "sim-large")]
    part = whole.model_copy(
        update={
            "features": {"support-summary": whole.features["support-summary"]},
            "runs": tuple(run for run in runs if run.version in (3, 4)),
        }
    )
    monkeypatch.setattr(content, "manifest", lambda: part)


def test_the_fourth_summary_is_blocked_although_the_average_rose():
    loading.load(lambda _text: None)
    verdict = Verdict.objects.get()
    assert (verdict.candidate.version.number, verdict.baseline.version.number) == (4, 3)
    assert verdict.outcome == "BLOCK"
    assert verdict.decision["total"]["difference"] > 0.02
    worst = verdict.decision["locale"][0]
    assert (worst["words"], worst["difference"] < -0.25) == ("Japanese", True)
    assert verdict.created_at == verdict.candidate.finished_at
