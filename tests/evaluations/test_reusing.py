"""Outputs of unchanged cases that an earlier run paid for: taken over once, scored anew, never in silence."""

import json
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from aiops.datasets import actions as datasets
from aiops.evaluations import (
    actions,
    claims,
    dispatch,
    report,
    reusing,
    runner,
    store,
    verdict_report,
)
from aiops.evaluations.asking import AskingWork
from aiops.evaluations.models import OnModel, Result, Run, Shard
from aiops.evaluations.summary import summarise
from aiops.providers.errors import Timeout
from tests.evaluations.stage import BY, make_stage
from tests.factories import make_case, make_result, make_rules, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage():
    return make_stage([{"key": f"c-{n}", "inputs": {"ticket": f"ticket {n}"}} for n in range(4)])


def done(stage, **values):
    return runner.run_inline(stage.start(**values).pk)


def test_outputs_are_taken_over_for_nothing_and_scored_anew(stage, provider):
    first = done(stage)
    provider.asked.clear()
    again = done(stage, reuse=True, scorers=[{"type": "exact"}])
    assert provider.asked == []
    assert (again.state, again.done, again.cost, again.reused) == ("finished", 4, 0, 4)
    assert (again.reused_cost, first.cost > 0) == (first.cost, True)
    for result in again.results.select_related("reused_from", "case"):
        original = result.reused_from
        assert (original.run, original.case, result.output) == (first, result.case, original.output)
        assert (result.cost, result.latency_ms) == (0, original.latency_ms)
        assert [score.scorer for score in result.scores.all()] == ["exact"]


def test_it_is_off_unless_somebody_allows_it(stage, provider):
    done(stage)
    again = done(stage)
    assert (again.reused, len(provider.asked)) == (0, 8)


def test_only_what_is_there_and_unchanged_is_taken_over(stage, provider):
    first = done(stage)
    dataset = stage.dataset_version.dataset
    changed = dataset.cases.get(key="c-1")
    values = datasets.values_of(changed) | {"inputs": {"ticket": "another"}}
    datasets.edit_case(by=BY, case=changed, values=values)
    make_case(dataset=dataset, key="new", inputs={"ticket": "new"}, since=2, position=9)
    stage.dataset_version = datasets.freeze(by=BY, dataset=dataset)
    provider.asked.clear()
    again = done(stage, reuse=True)
    asked = {request.messages[-1].content for request in provider.asked}
    assert asked == {"Summarise: another", "Summarise: new"}
    assert reusing.said(again) == f"3 of 5 outputs reused from run {first.pk}"


def test_errors_are_never_taken_over(stage, provider):
    def sometimes(request):
        if request.messages[-1].content.endswith("2"):
            raise Timeout("No answer.")
        return "fine"

    provider.answer = sometimes
    done(stage)
    provider.answer = lambda _request: "late"
    again = done(stage, reuse=True)
    assert (again.reused, again.done, again.results.get(reused_from=None).output) == (3, 4, "late")


def test_no_more_repeats_than_there_are(provider):
    stage = make_stage(2, version={"parameters": {"max_tokens": 10, "seed": 7}})
    done(stage, repeats=2)
    again = done(stage, repeats=3, reuse=True)
    assert (again.reused, again.done) == (4, 6)
    assert set(again.results.filter(reused_from=None).values_list("repeat", flat=True)) == {2}


def test_repeats_without_a_seed_are_other_requests(stage, provider):
    """They bring seeds of their own, which a single question does not send."""
    done(stage)
    assert done(stage, repeats=2, reuse=True).reused == 0
    assert done(stage, repeats=3, reuse=True).reused == 8


def test_another_name_at_the_vendor_or_other_parameters_are_another_request(stage, provider):
    done(stage)
    approach = OnModel(stage.version, stage.model)
    assert reusing.count(approach, stage.dataset_version, 1) == 4
    assert reusing.count(approach, stage.dataset_version.dataset, 1) == 4
    stage.model.vendor_name = "renamed"
    stage.model.save()
    assert reusing.count(approach, stage.dataset_version, 1) == 0
    assert done(stage, reuse=True).reused == 0
    stage.model.max_output_tokens = 50
    stage.model.save()
    assert done(stage, reuse=True).reused == 0


def test_a_copy_is_never_copied(stage, provider):
    first, second = done(stage), done(stage, reuse=True)
    third = done(stage, reuse=True)
    assert {row.reused_from.run for row in third.results.all()} == {first}
    assert [(one.run_id, one.count) for one in reusing.origins(third)] == [(first.pk, 4)]
    assert second.reused == 4


def test_the_newest_answer_is_taken(stage, provider):
    done(stage)
    provider.answer = lambda _request: "newer"
    second = done(stage)
    assert {row.reused_from.run for row in done(stage, reuse=True).results.all()} == {second}


def test_rules_have_nothing_to_reuse(stage):
    run = stage.start(approach=make_rules(), reuse=True)
    assert run.reuse is False


def test_outputs_are_taken_over_once_although_the_worker_dies(provider, settings):
    settings.EVALUATIONS = {"batch_results": 1, "parallel": 1}
    stage = make_stage(9, concurrency=1)
    first = done(stage)
    run = stage.start(reuse=True)
    claim = claims.take(run.shards.get().pk)
    dying = AskingWork(claim, look=_after(2))
    with pytest.raises(KeyboardInterrupt):
        dying.run()
    stored = Result.objects.filter(run=run).count()
    assert 0 < stored < 9
    Shard.objects.filter(run=run).update(heartbeat_at="2020-01-01T00:00:00Z")
    dispatch.sweep()
    ended = runner.run_inline(run.pk)
    assert (ended.done, ended.reused, ended.results.count(), ended.reused_cost) == (9, 9, 9, first.cost)
    with pytest.raises(store.Fenced):
        dying.run()
    ended.refresh_from_db()
    assert (ended.reused, ended.reused_cost) == (9, first.cost)


def _after(writes):
    left = [writes]

    def look():
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    return look


def test_a_ceiling_is_not_touched_by_what_is_taken_over(stage, provider):
    done(stage)
    again = done(stage, reuse=True, ceiling=Decimal("0.000001"))
    assert (again.state, again.reused, again.cost) == ("finished", 4, 0)


def test_a_run_that_goes_on_takes_over_the_rest(stage, provider):
    run = stage.start(reuse=True)
    actions.cancel_run(by=BY, run=run)
    done(stage)
    ended = runner.run_inline(actions.continue_run(by=BY, run=run).pk)
    assert (ended.done, ended.reused) == (4, 4)


def test_the_database_keeps_the_promise():
    original = make_result(cost=Decimal("0.1"))
    with pytest.raises(IntegrityError, match="evaluations_result_reused"), transaction.atomic():
        make_result(reused_from=original, cost=Decimal("0.1"))
    with pytest.raises(IntegrityError, match="evaluations_run_reused"), transaction.atomic():
        make_run(reused=1)
    run = make_run()
    with pytest.raises(DatabaseError, match="has been started"), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(reuse=True)


def test_pages_and_reports_say_it(stage, provider, as_role):
    first, again = done(stage), done(stage, reuse=True)
    client = as_role("engineer")
    said = f"4 of 4 outputs reused from run {first.pk}"
    page = _text(client.get(reverse("evaluations:run", args=[again.pk])))
    assert "4 of 4 outputs" in page
    assert f'href="/evaluations/{first.pk}/"' in page
    assert "4 of 4 measured in earlier runs" in page
    assert said in report.as_text(again, summarise(again))
    figures = report.as_json(again, summarise(again))
    assert figures["reused"] == {
        "outputs": 4, "cost_usd": str(again.reused_cost), "runs": {str(first.pk): 4},
    }  # fmt: skip  # pairs, read as a table
    assert said in verdict_report.as_markdown(again, None)
    result = again.results.first()
    page = _text(client.get(reverse("evaluations:result", args=[again.pk, result.pk])))
    assert "nothing here" in page
    record = json.loads(_body(client.get(reverse("evaluations:jsonl", args=[again.pk]))).splitlines()[0])
    assert record["reused_from_run"] == first.pk
    assert "reused_from_run" in _body(client.get(reverse("evaluations:csv", args=[again.pk]))).splitlines()[0]


def test_the_verdict_says_it(stage, provider, as_role):
    first, again = done(stage), done(stage, reuse=True)
    verdict = actions.compare_runs(by=BY, candidate=again, baseline=first)
    page = _text(as_role("engineer").get(reverse("evaluations:verdict", args=[verdict.pk])))
    assert f"4 of 4 outputs reused from run {first.pk}" in page
    assert f"4 of 4 outputs reused from run {first.pk}" in verdict_report.as_text(verdict)


def _text(response):
    return " ".join(response.content.decode().split())


def _body(response):
    return b"".join(response.streaming_content).decode()
