"""A router from two runs: what it learns, what it refuses, and what holds of it."""

import pytest
from django.db import IntegrityError, InternalError, transaction

from aiops.approaches import jobs
from aiops.approaches.models import FeatureTraining, RouterVersion
from aiops.audit.models import AuditEvent
from aiops.core.errors import Conflict, InvalidInput
from aiops.embeddings.models import TextVector
from aiops.evaluations import actions, routing, tasks
from aiops.evaluations.models import Result, Run, Score
from aiops.gateway.painting import paint
from tests import factories

pytestmark = pytest.mark.django_db


def two_runs(*, easy=80, hard=80, locales=("en",), fails=None):
    """Small fails where the text says "hard"; large never does."""
    dataset = factories.make_dataset()
    factories.make_cases(
        dataset,
        [
            {
                "inputs": {"ticket": f"{kind} question {n} about {kind} things"},
                "category": "mixed",
                "locale": locales[n % len(locales)],
            }
            for kind, count in (("easy", easy), ("hard", hard))
            for n in range(count)
        ],
    )
    dataset.refresh_from_db()
    frozen = factories.make_dataset_version(dataset=dataset)
    feature, version = factories.make_feature(), factories.make_version()
    small, large = (
        factories.make_run(
            feature=feature,
            version=version,
            dataset_version=frozen,
            state=Run.State.FINISHED,
            done=easy + hard,
        )
        for _ in range(2)
    )
    fails = fails or {"small": 0, "large": 0}
    judge(small, lambda text: "easy" in text, fails["small"])
    judge(large, lambda _: True, fails["large"])
    return small, large


def judge(run, passes, failures):
    """The first `failures` cases got an error instead of an answer."""
    cases = list(run.dataset_version.dataset.cases.all())
    Result.objects.bulk_create(Result(run=run, case=case, error_kind="timeout") for case in cases[:failures])
    rest = cases[failures:]
    results = Result.objects.bulk_create(Result(run=run, case=case, output="x") for case in rest)
    Score.objects.bulk_create(
        Score(result=one, scorer="exact", value=float(good), passed=good)
        for one in results
        for good in [passes(one.case.inputs["ticket"])]
    )


def asked(small, large, **values):
    by = factories.make_user()
    return actions.train_router(by=by, small=small, large=large, **values)


def test_a_router_learns_what_the_small_model_can_do():
    training = asked(*two_runs())
    routing.train(training.pk)
    training.refresh_from_db()
    version = RouterVersion.objects.get()
    (category,) = version.report["categories"]
    assert (training.state, training.number, training.done) == ("finished", 1, training.total)
    assert (version.passing, version.case_count, category["reason"]) == (1, 160, "ok")
    assert category["routed_share"] == pytest.approx(0.5, abs=0.03)
    assert category["upper"] < version.margin
    assert version.report["locales"][0]["reason"] == "ok"
    assert AuditEvent.objects.filter(action="approaches.router_trained").count() == 1


def test_a_category_with_few_cases_goes_to_large():
    training = asked(*two_runs(easy=20, hard=20))
    routing.train(training.pk)
    version = RouterVersion.objects.get()
    (category,) = version.report["categories"]
    assert (version.passing, category["threshold"], category["reason"]) == (0, None, "too_few_cases")


def test_a_locale_with_few_cases_goes_to_large():
    training = asked(*two_runs(locales=("en",) * 4 + ("ja",)))
    routing.train(training.pk)
    english, japanese = RouterVersion.objects.get().report["locales"]
    assert (english["reason"], japanese["reason"], japanese["n"]) == ("ok", "too_few_cases", 32)


def test_errors_of_the_small_model_are_failures_and_those_of_the_large_are_missing():
    small, large = two_runs(fails={"small": 160, "large": 1})
    found = routing.scored(small, large)
    assert (found.missing, len(found.texts), float(found.small.max())) == (1, 159, 0.0)


def test_runs_of_other_cases_or_versions_teach_nothing():
    small, large = two_runs()
    other = factories.make_run(state=Run.State.FINISHED)
    with pytest.raises(InvalidInput, match="frozen cases"):
        asked(small, other)
    again = factories.make_run(
        state=Run.State.FINISHED, feature=small.feature, dataset_version=small.dataset_version
    )
    with pytest.raises(InvalidInput, match="for one version"):
        asked(small, again)
    same = factories.make_run(
        state=Run.State.FINISHED,
        feature=small.feature,
        dataset_version=small.dataset_version,
        version=small.version,
        price=small.price,
    )
    with pytest.raises(InvalidInput, match="the same model"):
        asked(small, same)
    with pytest.raises(InvalidInput, match="ask a model"):
        asked(factories.make_run(rule_set_version=factories.make_rules()), large)
    with pytest.raises(InvalidInput, match="margin"):
        asked(small, large, margin=0.0)


def test_too_few_cases_fail_in_words():
    training = asked(*two_runs(easy=2, hard=1))
    routing.train(training.pk)
    training.refresh_from_db()
    assert (training.state, "it takes at least 5" in training.reason) == ("failed", True)


def test_one_is_trained_at_a_time():
    small, large = two_runs(easy=3, hard=3)
    asked(small, large)
    with pytest.raises(Conflict, match="being trained already"):
        asked(small, large)


def test_a_lost_training_begins_again_and_a_late_worker_writes_nothing():
    training = asked(*two_runs(easy=3, hard=3))
    claimed = jobs._claimed(training.pk)
    FeatureTraining.objects.update(heartbeat_at=training.created_at - 2 * jobs.LOST)
    jobs.sweep()
    assert jobs._claimed(training.pk).token == 2
    with pytest.raises(jobs.Lost):
        jobs.step(claimed, 1)
    with pytest.raises(jobs.Lost):
        jobs.finish(claimed, RouterVersion, lambda _: pytest.fail("written"))


def test_after_three_lost_workers_it_fails():
    training = asked(*two_runs(easy=3, hard=3))
    FeatureTraining.objects.update(state="running", token=3, heartbeat_at=training.created_at - 2 * jobs.LOST)
    jobs.sweep()
    training.refresh_from_db()
    assert (training.state, training.reason) == ("failed", "3 workers were lost while they trained it.")


def test_a_version_never_changes():
    version = factories.make_router()
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        RouterVersion.objects.filter(pk=version.pk).update(note="better")


def test_a_router_learns_from_the_vectors_that_are_in_force():
    small, large = two_runs()
    space = factories.make_space(dimensions=512)
    factories.make_choice(use="router", space=space)
    routing.train(actions.train_router(by=factories.make_user(), small=small, large=large).pk)
    router = RouterVersion.objects.get()
    assert router.recipe["space"] == space.pk
    assert (router.case_count, TextVector.objects.filter(space=space).count()) == (160, 160)
    assert routing.outdated() == []
    assert paint_of(router).space == space.pk


def paint_of(router):
    """As gateways get it, once it is on."""
    factories.make_policy(feature=router.feature, settings={"router": {"kind": "trained", "version": 1}})
    return paint().picture.features[router.feature.slug].router


def test_other_vectors_train_routers_again():
    small, large = two_runs()
    routing.train(actions.train_router(by=factories.make_user(), small=small, large=large).pk)
    factories.make_choice(use="router", space=factories.make_space(dimensions=512))
    assert routing.outdated() == [(small, large, 0.05)]
    tasks.retrain_routers()
    tasks.retrain_routers()
    assert FeatureTraining.objects.filter(state="queued").count() == 1
