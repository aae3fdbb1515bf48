"""The form that starts runs: one or several approaches over the same cases."""

from decimal import Decimal

import pytest
from django.urls import reverse

from aiops.approaches.deciding import _model
from aiops.approaches.examples import digest
from aiops.approaches.models import OutOfFold
from aiops.datasets.models import DatasetVersion
from aiops.evaluations import runner
from aiops.evaluations.models import Run
from tests.evaluations.stage import make_stage
from tests.factories import (
    make_case,
    make_classifier,
    make_label,
    make_model,
    make_price,
    make_rule_set,
    make_rules,
    make_trained,
    make_version,
)

pytestmark = pytest.mark.django_db
START = "evaluations:start"


@pytest.fixture(autouse=True)
def forget_models():
    _model.cache_clear()  # tests use the same numbers for other rows


@pytest.fixture
def stage():
    return make_stage([{"inputs": {"ticket": f"late {n}"}, "expected": "delivery"} for n in range(3)])


@pytest.fixture
def client(as_role):
    return as_role("engineer")


@pytest.fixture
def rules(stage):
    return make_rules(rule_set=make_rule_set(feature=stage.feature, name="sorting"))


@pytest.fixture
def trained(stage):
    return make_trained(classifier=make_classifier(feature=stage.feature, name="learnt"))


def values(stage, **more):
    return {
        "feature": stage.feature.slug,
        "dataset": f"v{stage.dataset_version.pk}",
        "repeats": 1,
        "scorers_of": stage.dataset_version.dataset_id,
        "exact-on": "on",
        **more,
    }


def send(client, stage, **more):
    return client.post(reverse(START), values(stage, **more))


def test_a_rule_set_is_started_alone(client, stage, rules):
    answer = send(client, stage, rules=[rules.pk], repeats=4)
    run = Run.objects.get()
    assert answer["Location"] == reverse("evaluations:run", args=[run.pk])
    assert (run.rule_set_version, run.total, run.model) == (rules, 3, None)


def test_a_classifier_is_started_alone(client, stage, trained):
    send(client, stage, classifier=[trained.pk])
    assert Run.objects.get().classifier_version == trained


def test_several_are_started_at_once_and_shown_side_by_side(client, stage, rules, trained):
    other = make_price(model=make_model(name="other")).model
    ticked = {"version": [stage.version.pk], "model": [stage.model.name, "other"]}
    answer = send(client, stage, **ticked, rules=[rules.pk], classifier=[trained.pk])
    runs = list(Run.objects.order_by("pk"))
    assert [run.model for run in runs] == [stage.model, other, None, None] or runs[0].model == other
    assert {run.dataset_version for run in runs} == {stage.dataset_version}
    query = "&".join(f"run={run.pk}" for run in runs)
    assert answer["Location"] == f"{reverse('evaluations:side-by-side')}?{query}"


def test_a_draft_is_frozen_once_for_all(client, stage, rules, trained):
    dataset = stage.dataset_version.dataset
    make_case(dataset=dataset)
    type(dataset).objects.filter(pk=dataset.pk).update(case_count=4, unfrozen_count=1)
    send(client, stage, dataset=f"d{dataset.pk}", rules=[rules.pk], classifier=[trained.pk])
    assert {run.dataset_version for run in Run.objects.all()} == {DatasetVersion.objects.latest("id")}
    assert DatasetVersion.objects.filter(dataset=dataset).count() == 2


@pytest.mark.parametrize(
    ("ticked", "message"),
    [
        ({}, "Tick what is to be evaluated"),
        ({"model": True}, "Tick the prompt version"),
        ({"version": True}, "Tick the model"),
        ({"rules": [10**8]}, "not one of the available choices"),
    ],
)
def test_what_is_missing_is_said(client, stage, ticked, message):
    known = {"model": [stage.model.name], "version": [stage.version.pk]}
    page = send(client, stage, **{name: known.get(name, value) for name, value in ticked.items()})
    assert page.status_code == 422
    assert message in page.content.decode()
    assert not Run.objects.exists()


def test_no_more_runs_at_once_than_can_be_compared(client, stage):
    one = make_rule_set(feature=stage.feature)
    page = send(client, stage, rules=[make_rules(rule_set=one).pk for _ in range(6)])
    assert "These are 6 runs; start at most 5 at once." in page.content.decode()


def test_one_refusal_starts_none(client, stage, rules):
    unpriced = make_model(name="unpriced")
    make_price(model=unpriced, effective_at="2100-01-01T00:00:00Z")
    ticked = {"version": [stage.version.pk], "model": ["unpriced"], "rules": [rules.pk]}
    page = send(client, stage, **ticked)
    assert page.status_code == 422
    assert not Run.objects.exists()


def test_each_approach_has_its_estimate(client, stage, rules):
    make_case(dataset=stage.dataset_version.dataset, inputs={"other": "x"})
    ticked = {"version": [stage.version.pk], "model": [stage.model.name], "rules": [rules.pk]}
    draft = f"d{stage.dataset_version.dataset_id}"
    page = send(client, stage, **ticked, dataset=draft, preview=1)
    asks, free = page.context["plan"].runs
    assert (asks.calls, asks.likely > 0, asks.estimate.unrenderable) == (4, True, 1)
    assert (free.calls, free.likely, free.most) == (0, 0, 0)
    assert "none: no model is asked" in page.content.decode()


def test_inputs_that_rules_lack_are_named_before(client, stage):
    lacking = make_rules(rule_set=make_rule_set(feature=stage.feature), inputs=["ticket", "country"])
    page = send(client, stage, rules=[lacking.pk], preview=1)
    assert page.context["plan"].runs[0].estimate.problems == ("the input 'country' is missing",)


def test_the_kind_that_is_ticked_is_open(client, stage, rules):
    blocks = send(client, stage, rules=[rules.pk], preview=1).context["form"].blocks
    assert [block.is_open for block in blocks] == [False, True, False]
    blocks = send(client, stage, preview=1).context["form"].blocks
    assert [block.is_open for block in blocks] == [True, False, False]


def test_an_older_version_is_offered_where_the_address_names_it(client, stage):
    one = make_rule_set(feature=stage.feature)
    first, *_ = [make_rules(rule_set=one) for _ in range(22)]
    page = client.get(reverse(START), {"rules": first.pk})
    offered = [str(value) for value, _ in page.context["form"].fields["rules"].choices]
    assert (len(offered), offered[-1]) == (21, str(first.pk))
    assert page.context["form"]["feature"].value() == stage.feature.slug


def test_a_classifier_in_the_address_brings_its_feature(client, stage, trained):
    page = client.get(reverse(START), {"classifier": trained.pk})
    assert page.context["form"]["feature"].value() == stage.feature.slug
    assert "right out of fold" in page.content.decode()


def test_running_again_ticks_what_ran(client, stage, rules):
    send(client, stage, rules=[rules.pk])
    run = runner.run_inline(Run.objects.get().pk)
    page = client.get(reverse(START), {"run": run.pk})
    assert page.context["form"].approaches() == [rules]


def test_what_is_in_production_is_marked(client, stage):
    make_label(prompt=stage.version.prompt, version=stage.version, name="production")
    newer = make_version(prompt=stage.version.prompt)
    page = send(client, stage, preview=1)
    labels = [label for _, label in page.context["form"].fields["version"].choices]
    assert labels == [str(newer), f"{stage.version}, in production"]


def test_the_form_says_how_many_outputs_are_there(client, stage, provider):
    ticked = {"version": [stage.version.pk], "model": [stage.model.name]}
    runner.run_inline(stage.start().pk)
    page = send(client, stage, **ticked, preview=1)
    assert "(3 of 3 are there)" in page.content.decode()
    assert page.context["plan"].runs[0].calls == 3
    again = send(client, stage, **ticked, reuse="on", preview=1).context["plan"].runs[0]
    assert (again.calls, again.likely) == (0, Decimal(0))


def test_reusing_is_off_unless_it_is_ticked(client, stage):
    ticked = {"version": [stage.version.pk], "model": [stage.model.name]}
    send(client, stage, **ticked)
    assert Run.objects.get().reuse is False
    send(client, stage, **ticked, reuse="on")
    assert Run.objects.latest("pk").reuse is True


def test_the_list_of_runs_names_every_kind(client, stage, rules, trained):
    send(client, stage, rules=[rules.pk], classifier=[trained.pk])
    text = client.get(reverse("evaluations:list")).content.decode()
    assert "sorting v1" in text
    assert "learnt v1" in text


@pytest.mark.parametrize("kind", ["rules", "classifier"])
def test_the_pages_of_a_run_without_a_model(client, stage, rules, trained, kind):
    send(client, stage, **{kind: [{"rules": rules, "classifier": trained}[kind].pk]})
    run = runner.run_inline(Run.objects.get().pk)
    text = client.get(reverse("evaluations:run", args=[run.pk])).content.decode()
    assert "none: no model is asked" in text
    result = run.results.first()
    text = client.get(reverse("evaluations:result", args=[run.pk, result.pk])).content.decode()
    assert "<h2>Why</h2>" in text
    assert "Rendered prompt" not in text
    assert client.get(reverse("evaluations:results", args=[run.pk])).status_code == 200
    assert client.get(reverse("evaluations:csv", args=[run.pk])).status_code == 200


def test_the_page_says_what_was_judged_out_of_fold(client, stage, trained):
    for case in stage.dataset_version.dataset.cases.all()[:2]:
        OutOfFold.objects.create(
            version=trained, key=case.key, content=digest(case.inputs["ticket"]), expected="delivery",
            predicted="money", confidence=0.6, fold=3,
        )  # fmt: skip  # arguments by what they belong to
    send(client, stage, classifier=[trained.pk])
    run = runner.run_inline(Run.objects.get().pk)
    page = client.get(reverse("evaluations:run", args=[run.pk]))
    assert page.context["out_of_fold"] == 2
    assert "2 of 3 <span" in page.content.decode()
    answer = run.results.filter(fold=4).first()
    assert answer.explanation == "out of fold 4: it learnt from this text, 60 % sure"
