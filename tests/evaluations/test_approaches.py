"""Runs of rule sets and classifiers: claimed, counted and compared like those of prompts, for nothing."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from aiops.approaches import training
from aiops.approaches.deciding import _model
from aiops.approaches.models import OutOfFold
from aiops.audit.models import AuditEvent
from aiops.evaluations import actions, claims, comparable, dispatch, queries, runner, store
from aiops.evaluations.answering import AnsweringWork
from aiops.evaluations.models import Kind, Result, Run, Shard
from tests.evaluations.stage import BY, make_stage, result_row, terms_in
from tests.factories import (
    make_case,
    make_classifier,
    make_dataset,
    make_dataset_version,
    make_label,
    make_labelled_cases,
    make_prompt,
    make_rule_set,
    make_rules,
    make_run,
    make_trained,
    make_training,
    make_version,
)

pytestmark = pytest.mark.django_db
EXACT = [{"type": "exact"}]


@pytest.fixture(autouse=True)
def forget_models():
    _model.cache_clear()  # tests use the same numbers for other rows


def tickets(count, **first):
    """Cases that the factory's rules get right where they say "late"."""
    late = {"inputs": {"ticket": "my parcel is late"}, "expected": "delivery"}
    other = {"inputs": {"ticket": "hello"}, "expected": "refund"}
    return [{**(late if n % 2 else other), **first, "key": f"c-{n}"} for n in range(count)]


def start(stage, approach, **values):
    return actions.start_run(
        by=BY,
        feature=stage.feature,
        dataset_version=stage.dataset_version,
        approach=approach,
        terms=terms_in(values),
        **{"scorers": EXACT, **values},
    )


def test_a_rule_set_answers_every_case_for_nothing():
    run = runner.run_inline(start(make_stage(tickets(4)), make_rules()).pk)
    assert (run.state, run.done, run.failed, run.cost, run.price) == ("finished", 4, 0, 0, None)
    results = list(run.results.order_by("case__position"))
    assert [row.output for row in results] == ["other", "delivery", "other", "delivery"]
    assert results[1].explanation == "rule 1 (late): ticket has 'late'"
    assert results[1].latency_ms > 0
    assert [row.scores.get().passed for row in results] == [False, True, False, True]
    assert run.shards.get().state == Shard.State.FINISHED


def test_what_answers_the_same_each_time_is_asked_once():
    run = start(make_stage(tickets(2)), make_rules(), repeats=5)
    assert (run.repeats, run.total, run.parameters) == (1, 2, {})


def test_the_audit_names_the_approach():
    rules = make_rules()
    run = start(make_stage(1), rules)
    after = AuditEvent.objects.get(action="evaluations.run_started", object_id=run.pk).after
    assert (after["rules"], "model" in after) == (str(rules), False)


def test_a_case_without_the_input_is_a_failed_case():
    run = runner.run_inline(start(make_stage([{"inputs": {"other": "x"}}, {}]), make_rules()).pk)
    assert (run.state, run.done, run.failed) == ("finished", 1, 1)
    assert run.results.exclude(error_kind="").get().error_kind == "not_answered"


def test_weights_that_are_not_its_own_fail_the_run():
    run = runner.run_inline(start(make_stage(1), make_trained(sha256="0" * 64)).pk)
    assert run.state == Run.State.FAILED
    assert "not those that were trained" in run.reason


def trained_on(cases):
    begun = make_training(dataset_version=cases)
    training.train(begun.pk)
    begun.refresh_from_db()
    return begun.version


def test_no_case_is_judged_by_a_model_that_saw_it():
    """The one case of a label of its own can be learnt by heart only: judged, it must be wrong; over a later
    version with an edited and a new text only what was learnt is answered out of fold.
    """
    dataset = make_dataset()
    make_case(dataset=dataset, key="zebra", inputs={"ticket": "zebra crossing"}, expected="animal")
    version = trained_on(make_labelled_cases(dataset=dataset))
    stage = make_stage(1)
    stage.dataset_version = dataset.versions.get()
    run = runner.run_inline(start(stage, version).pk)
    said = {row.key: (row.predicted, row.fold + 1) for row in OutOfFold.objects.filter(version=version)}
    assert {row.case.key: (row.output, row.fold) for row in run.results.select_related("case")} == said
    assert (said["zebra"][0] != "animal", run.done) == (True, 21)

    other = make_dataset()
    make_case(
        dataset=other, key="of-another-set", inputs={"ticket": "Zebra  crossing".lower()}, expected="animal"
    )
    make_case(dataset=other, key="zebra", inputs={"ticket": "a zebra crossing"}, expected="animal")
    make_case(dataset=other, key="new", inputs={"ticket": "my parcel is very late"}, expected="delivery")
    stage.dataset_version = make_dataset_version(dataset=other)
    later = runner.run_inline(start(stage, version).pk)
    folds = {row.case.key: row.fold for row in later.results.select_related("case")}
    assert folds == {"of-another-set": said["zebra"][1], "zebra": None, "new": None}
    new = later.results.get(case__key="new")
    assert new.output == "delivery"
    assert new.explanation.startswith("the likeliest label, ")


def test_over_other_cases_the_whole_model_answers():
    version = trained_on(make_labelled_cases())
    run = runner.run_inline(start(make_stage(tickets(6)), version).pk)
    assert set(run.results.values_list("fold", "output")) <= {(None, "delivery"), (None, "money")}


def test_what_was_learnt_is_looked_up_once_for_a_shard():
    cases = make_labelled_cases()
    stage = make_stage(1)
    stage.dataset_version = cases
    run = start(stage, trained_on(cases))
    claim = claims.take(run.shards.get().pk)
    with CaptureQueriesContext(connection) as asked:
        AnsweringWork(claim).run()
    assert sum("approaches_outoffold" in query["sql"] for query in asked) == 1
    assert Result.objects.filter(run=run, fold__isnull=False).count() == 20


@pytest.mark.parametrize(
    "named", [(), ("version", "rule_set_version"), ("rule_set_version", "classifier_version")]
)
def test_a_run_of_none_or_of_two_approaches_is_refused(named):
    known = {"version": make_version, "rule_set_version": make_rules, "classifier_version": make_trained}
    columns = {name: make() for name, make in known.items() if name in named}
    blank = {"version": None, "model": None, "price": None, "rule_set_version": None}
    with pytest.raises(IntegrityError, match="evaluations_run_one_approach"), transaction.atomic():
        make_run(**blank | columns)


def test_a_prompt_version_without_its_model_or_price_is_refused():
    for missing in ("model", "price"):
        run = make_run()
        values = {name: getattr(run, name) for name in ("version", "model", "price")} | {missing: None}
        with pytest.raises(IntegrityError, match="evaluations_run_one_approach"), transaction.atomic():
            Run.objects.create(
                feature=run.feature, dataset_version=run.dataset_version, total=1, vendor_name="x", **values
            )


@pytest.mark.parametrize("column", ["rule_set_version", "classifier_version", "vendor_name"])
def test_what_a_run_evaluates_never_changes(column):
    run = make_run(classifier_version=make_trained())
    value = {"rule_set_version": make_rules, "classifier_version": make_trained}.get(column, lambda: "x")()
    with pytest.raises(DatabaseError, match="has been started"), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(**{column: value})


def test_a_run_says_what_it_evaluates():
    rules = make_rules(rule_set=make_rule_set(name="sorting"))
    trained = make_trained(classifier=make_classifier(name="learnt"))
    prompt = make_run(version=make_version(prompt=make_prompt(name="triage")))
    said = [make_run(rule_set_version=rules).approach, make_run(classifier_version=trained).approach]
    assert [(str(one), one.name, one.by, one.kind) for one in said] == [
        ("rule set sorting v1", "sorting v1", "rule set", Kind.RULES),
        ("classifier learnt v1", "learnt v1", "classifier", Kind.CLASSIFIER),
    ]
    assert [one.url for one in said] == [
        "/approaches/rules/sorting/versions/1/",
        "/approaches/classifiers/learnt/versions/1/",
    ]
    assert str(prompt.approach) == f"triage v1 on {prompt.model.name}"
    assert prompt.asked.price == prompt.price
    with pytest.raises(ValueError, match="asks no model"):
        _ = make_run(rule_set_version=rules).asked


def test_a_list_of_runs_brings_the_names_along(django_assert_num_queries):
    for values in ({}, {"rule_set_version": make_rules()}, {"classifier_version": make_trained()}) * 2:
        make_run(**values)
    with django_assert_num_queries(1):
        names = [f"{run.approach} {run.approach.url} {run.approach.simulated}" for run in queries.runs()]
    assert len(names) == 6


def test_a_shard_of_rules_takes_no_slot_of_a_provider():
    stage = make_stage(tickets(2), concurrency=1)
    asks, rules = stage.start(), start(stage, make_rules())
    both = [claims.take(run.shards.get().pk) for run in (asks, rules)]
    assert [claim.slots for claim in both] == [1, 1]


def test_a_worker_that_lost_its_shard_writes_nothing():
    run = start(make_stage(tickets(3)), make_rules())
    late = claims.take(run.shards.get().pk)
    Shard.objects.filter(run=run).update(heartbeat_at="2020-01-01T00:00:00Z")
    dispatch.sweep()
    assert runner.run_inline(run.pk).done == 3
    with pytest.raises(store.Fenced):
        store.write(late, [result_row(late.run.dataset_version.dataset.cases.first().pk)])
    with pytest.raises(store.Fenced):
        AnsweringWork(late).run()
    run.refresh_from_db()
    assert (run.state, run.done, run.results.count()) == ("finished", 3, 3)


def test_a_shard_goes_on_where_a_dead_worker_left_it():
    run = start(make_stage(tickets(3)), make_rules())
    claim = claims.take(run.shards.get().pk)
    store.write(claim, [result_row(run.dataset_version.dataset.cases.first().pk, cost="0", output="kept")])
    claims.release(claim, Shard.State.QUEUED)
    assert runner.run_inline(run.pk).done == 3
    assert run.results.filter(output="kept").count() == 1


def test_cancelling_stops_rules_too(settings):
    settings.EVALUATIONS = {"batch_results": 1}
    run = start(make_stage(tickets(5)), make_rules())

    def cancel():
        if Run.objects.get(pk=run.pk).is_active:
            actions.cancel_run(by=BY, run=run)

    ended = runner.run_inline(run.pk, look=cancel)
    assert ended.state == Run.State.CANCELLED
    assert ended.done < 5


def test_a_classifier_is_compared_with_what_its_feature_has_in_production(provider):
    provider.answer = lambda _request: "delivery"
    stage = make_stage(tickets(40))
    make_label(prompt=stage.version.prompt, version=stage.version, name="production")
    baseline = runner.run_inline(stage.start(scorers=EXACT).pk)
    rules = runner.run_inline(start(stage, make_rules()).pk)
    assert comparable.baseline_of(rules) == baseline
    assert (
        comparable.baseline_for(make_rules(), stage.feature, stage.dataset_version, rules.scorers) == baseline
    )
    verdict = actions.judge_run(by=BY, run=rules)
    assert (verdict.candidate, verdict.baseline) == (rules, baseline)
    assert verdict.decision["total"]["n"] == 40
    again = actions.compare_runs(by=BY, candidate=baseline, baseline=rules)
    assert again.baseline == rules


def test_nothing_in_production_is_no_baseline():
    run = make_run(rule_set_version=make_rules(), state="finished")
    assert comparable.baseline_of(run) is None


def test_what_tells_two_approaches_apart():
    one = make_rule_set(name="sorting")
    rules, later = (make_run(rule_set_version=make_rules(rule_set=one)) for _ in range(2))
    trained = make_run(classifier_version=make_trained(classifier=make_classifier(name="sorting")))
    assert comparable.name_beside(rules, later) == "v1"
    assert comparable.name_beside(rules, trained) == "rule set"
    prompt = make_run(version=make_version(prompt=make_prompt(name="triage")))
    assert comparable.name_beside(prompt, rules) == "triage v1"
    other_model = make_run(version=prompt.version)
    assert comparable.name_beside(other_model, prompt) == other_model.model.name
    assert comparable.name_beside(make_run(rule_set_version=rules.rule_set_version), rules).startswith("Run ")
