"""The demo's lesson: a version that raises the average and breaks Japanese is blocked, here and in CI."""

import io

import pytest
from django.core.management import call_command
from django.db.models import F

from aiops.catalog.models import Provider
from aiops.demo import content, loading
from aiops.evaluations.models import Run, Verdict
from aiops.releases import queries as releases
from aiops.releases.models import Release, ReviewRequest

pytestmark = pytest.mark.django_db(transaction=True)
SENTENCE = "Japanese fell 31 points (15 to 47), although the average rose 2"


@pytest.fixture(autouse=True)
def summaries(monkeypatch, settings, tmp_path):
    """The feature of the summaries alone, with its runs on the large model over the larger set."""
    settings.AIOPS_HOME = tmp_path
    settings.EVALUATIONS = {"look_for_workers": 0.0}
    monkeypatch.setattr("celery.current_app.send_task", lambda *_args, **_options: None)
    whole = content.manifest()
    runs = [run for run in whole.runs if (run.feature, run.model) == ("support-summary", "sim-large")]
    part = whole.model_copy(
        update={
            "features": {"support-summary": whole.features["support-summary"]},
            "runs": tuple(run for run in runs if run.dataset == 2),
        }
    )
    monkeypatch.setattr(content, "manifest", lambda: part)


def test_the_fourth_summary_is_blocked_because_of_japanese():
    loading.load(lambda _text: None)
    earlier, verdict = Verdict.objects.order_by("id")
    assert (earlier.candidate.version.number, earlier.baseline.version.number) == (3, 2)
    assert (earlier.outcome, earlier.reason) == ("PASS", "within_margin")
    assert (verdict.candidate.version.number, verdict.baseline.version.number) == (4, 3)
    assert (verdict.outcome, verdict.reason, verdict.sentence) == ("BLOCK", "category_fall", SENTENCE)
    assert [row["words"] for row in verdict.decision["locale"] if row["state"] == "block"] == ["Japanese"]
    assert [row["words"] for row in verdict.decision["category"] if row["state"] == "block"] == []
    assert verdict.decision["must_pass_failed"] == []
    assert verdict.created_at == verdict.candidate.finished_at
    _its_review_is_open(verdict)
    _production_came_by_a_review()
    _a_shell_hears_the_same()


def _its_review_is_open(verdict: Verdict) -> None:
    request = ReviewRequest.objects.get(version__number=4)
    assert (request.state, request.opened_by.email) == ("open", "engineer@demo")
    assert releases.grounds(request).verdict == verdict
    first = request.comments.first()
    assert (first.by.email, first.quote.count('Begin with "The customer"')) == ("product2@demo", 1)
    assert verdict.created_at < request.opened_at < first.at


def _production_came_by_a_review() -> None:
    second, third = Release.objects.filter(prompt__name="support-summary").order_by("id")
    assert (second.version.number, second.kind) == (2, "adopted")
    assert (third.version.number, third.kind, third.four_eyes) == (3, "ship", "above")
    assert (third.by.email, third.approval.by.email) == ("engineer@demo", "product@demo")
    assert third.evidence.startswith("PASS: The average rose 15 points")
    assert not Release.objects.filter(approval__by=F("version__author")).exists()
    request = third.request
    assert request.state == "shipped"
    assert second.at < request.opened_at < third.approval.at < third.at == request.closed_at
    assert third.at < Run.objects.get(version__number=4).created_at
    assert [comment.resolved_at for comment in request.comments.all()] == [third.at, None]


def _a_shell_hears_the_same() -> None:
    """`--model` is left out: the version names the large one."""
    Provider.objects.update(settings={"time_scale": 0.0, "failure_rate": 0.0, "seed": ""})
    asked = ("--feature=support-summary", "--version=4", "--dataset=support-summary", "--baseline=production")
    out = io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("evaluate", *asked, stdout=out, stderr=io.StringIO())
    assert (left.value.code, out.getvalue().splitlines()[0]) == (10, f"BLOCK: {SENTENCE}.")
