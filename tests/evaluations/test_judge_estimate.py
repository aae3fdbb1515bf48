"""What judges will cost, before a run is started."""

from decimal import Decimal

import pytest
from django.urls import reverse

from aiops.evaluations import judging, runner, scorers
from aiops.evaluations.judge_estimate import JudgeEstimate, estimate_judges
from aiops.evaluations.models import OnModel
from aiops.evaluations.planned import plan
from tests.evaluations.rubrics import make_rubric
from tests.evaluations.stage import always, make_stage
from tests.factories import make_price

pytestmark = pytest.mark.django_db


def judge(*names, price=True, **config):
    rubric = make_rubric(*names)
    if price:
        make_price(model=rubric.model, input=Decimal("0.00001"), output=Decimal("0.0001"))
    return {"type": "judge", "prompt": rubric.name, **config}


def entries(*configs):
    return judging.pinned(scorers.resolve(configs))


def test_each_answer_is_judged_as_often_as_asked():
    stage = make_stage(4)
    found = estimate_judges(
        entries(judge(), judge(repeats=3)), stage.dataset_version, answers=8, tokens=50, most=100
    )
    assert found.calls == 8 * 4
    assert 0 < found.likely < found.most


def test_what_is_not_judged_costs_nothing():
    stage = make_stage([{"expected": None}, {"expected": "x"}])
    by_reference = entries(judge("reference", reference=True))
    assert estimate_judges(by_reference, stage.dataset_version, answers=2, tokens=9, most=9).calls == 1
    assert estimate_judges([], stage.dataset_version, answers=2, tokens=9, most=9) == JudgeEstimate()


def test_cases_that_do_not_fit_the_rubric_are_left_out():
    text = {"type": "string"}
    rubric = make_rubric(variables={"output": text, "input": {**text, "max_length": 3}})
    make_price(model=rubric.model)
    found = entries({"type": "judge", "prompt": rubric.name})
    stage = make_stage(1)
    assert estimate_judges(found, stage.dataset_version, answers=1, tokens=9, most=9).calls == 0


def test_many_cases_are_sampled(monkeypatch):
    monkeypatch.setattr("aiops.evaluations.judge_estimate.SAMPLE", 2)
    stage = make_stage(7)
    found = estimate_judges(entries(judge()), stage.dataset_version, answers=7, tokens=9, most=9)
    assert found.calls == 7


def test_a_run_costs_no_more_than_the_estimate_says_at_most(provider):
    provider.answer = always('{"verdict": "pass", "reason": "x"}')
    stage = make_stage(3)
    config = judge(repeats=2)
    planned = plan(
        [OnModel(stage.version, stage.model)], stage.dataset_version, repeats=1, reuse=False, scorers=[config]
    )
    (one,) = planned.runs
    assert one.judges.calls == 6
    run = runner.run_inline(stage.start(scorers=[config]).pk)
    assert run.cost < one.most
    assert one.estimate.likely + one.judges.likely == one.likely


def test_a_judge_that_cannot_be_asked_is_said_before_the_start(as_role):
    stage = make_stage(1)
    config = judge(price=False)
    planned = plan(
        [OnModel(stage.version, stage.model)], stage.dataset_version, repeats=1, reuse=False, scorers=[config]
    )
    assert "has no price, so nobody could say" in planned.problem
    dataset = stage.dataset_version.dataset
    dataset.scorers = [config]
    dataset.save()
    query = {"version": stage.version.pk, "model": stage.model.name, "feature": stage.feature.slug}
    page = as_role("engineer").get(reverse("evaluations:start"), query).content.decode()
    assert "has no price, so nobody could say" in page


def test_the_form_says_what_the_judges_cost(as_role):
    stage = make_stage(3)
    dataset = stage.dataset_version.dataset
    dataset.scorers = [judge()]
    dataset.save()
    query = {"version": stage.version.pk, "model": stage.model.name, "feature": stage.feature.slug}
    page = as_role("engineer").get(reverse("evaluations:start"), query).content.decode()
    assert "Calls to judges" in page
