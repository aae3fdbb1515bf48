"""The making of a classifier's version, and who may interfere."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from aiops.accounts.models import User
from aiops.approaches import actions, learning, tasks, training
from aiops.approaches.deciding import ByClassifier, _model, out_of_fold
from aiops.approaches.models import ClassifierVersion, OutOfFold, Training
from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from tests.factories import (
    make_case,
    make_classifier,
    make_dataset,
    make_dataset_version,
    make_feature,
    make_labelled_cases,
    make_trained,
    make_training,
)

pytestmark = pytest.mark.django_db
State = Training.State


@pytest.fixture(autouse=True)
def forget_models():
    _model.cache_clear()  # tests use the same numbers for other rows


@pytest.fixture
def sent(monkeypatch, django_capture_on_commit_callbacks):
    """The tasks that were asked for."""
    found = []
    monkeypatch.setattr(
        "celery.app.base.Celery.send_task", lambda _, name, args, **__: found.append((name, args))
    )
    return found


def test_a_training_ends_in_a_version_with_what_was_said_out_of_fold(user: User):
    classifier = actions.create_classifier(by=user, feature=make_feature(slug="support"), name="sorter")
    cases = make_labelled_cases()
    begun = actions.start_training(by=user, classifier=classifier, dataset_version=cases, note="first")
    assert begun.variable == "ticket"
    tasks.train(begun.pk)
    begun.refresh_from_db()
    assert (begun.state, begun.done, begun.reason) == (State.FINISHED, training.STEPS, "")
    version = begun.version
    assert (version.number, version.labels, version.author) == (1, ["delivery", "money"], user)
    assert version.report["accuracy"]["mid"] == 1.0
    assert {share["name"] for share in version.report["categories"]} == {"a", "b"}
    assert OutOfFold.objects.filter(version=version).count() == 20
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.feature) == ("approaches.classifier_trained", "support")
    tasks.train(begun.pk)
    assert ClassifierVersion.objects.count() == 1


def test_judged_on_its_own_cases_it_gives_what_a_model_said_that_had_not_seen_them():
    """The one case of a label of its own can be learnt by heart only: judged, it must be wrong."""
    dataset = make_dataset()
    make_case(dataset=dataset, inputs={"ticket": "zebra crossing"}, expected="animal")
    begun = make_training(dataset_version=make_labelled_cases(dataset=dataset))
    training.train(begun.pk)
    begun.refresh_from_db()
    version, inputs = ClassifierVersion.objects.get(), {"ticket": "zebra  crossing"}
    assert ByClassifier(version).answer(inputs).text == "animal"
    judged = ByClassifier(version, judged=True).answer(inputs, "en")
    assert judged.text != "animal"
    assert "it learnt from this text" in judged.explanation
    assert judged.text == out_of_fold(version, "zebra crossing").predicted
    fresh = ByClassifier(version, judged=True).answer({"ticket": "my parcel"})
    assert (fresh.text, fresh.explanation) == ("delivery", "the likeliest label")
    assert fresh.cost == 0
    assert fresh.confidence > 0.5
    assert fresh.latency_ms > 0


def test_a_version_and_its_predictions_never_change():
    version = make_trained()
    row = OutOfFold.objects.create(
        version=version, key="a", content="", expected="a", predicted="a", confidence=1, fold=0
    )
    for rows in (ClassifierVersion.objects.filter(pk=version.pk), OutOfFold.objects.filter(pk=row.pk)):
        with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
            rows.update(**{"note": "x"} if rows.model is ClassifierVersion else {"predicted": "b"})


def test_other_weights_and_a_missing_input_are_refused():
    with pytest.raises(Conflict, match="not those that were trained"):
        ByClassifier(make_trained(sha256="0" * 64)).answer({"ticket": "x"})
    with pytest.raises(InvalidInput, match="'ticket' is missing"):
        ByClassifier(make_trained()).answer({"other": "x"})


def test_one_training_at_a_time(user: User, sent, django_capture_on_commit_callbacks):
    cases, classifier = make_labelled_cases(), make_classifier()
    with django_capture_on_commit_callbacks(execute=True):
        first = actions.start_training(
            by=user, classifier=classifier, dataset_version=cases, variable="ticket"
        )
    assert sent == [("approaches.train", (first.pk,))]
    with pytest.raises(Conflict, match="is being trained already"):
        actions.start_training(by=user, classifier=classifier, dataset_version=cases)
    actions.cancel_training(by=user, training=first)
    with pytest.raises(Conflict, match="is over: cancelled"):
        actions.cancel_training(by=user, training=first)
    training.train(first.pk)
    assert not ClassifierVersion.objects.exists()
    assert actions.start_training(by=user, classifier=classifier, dataset_version=cases).state == State.QUEUED


@pytest.mark.parametrize("step", [1, training.STEPS])
def test_who_lost_a_training_writes_nothing(monkeypatch, step):
    """Cancelled between two folds, or while the last model is fitted."""
    begun, fitted, fit = make_training(), [], learning.fit

    def cancelling(texts, labels):
        fitted.append(len(texts))
        if len(fitted) == step:
            Training.objects.update(state=State.CANCELLED, finished_at=clock.now())
        return fit(texts, labels)

    monkeypatch.setattr(learning, "fit", cancelling)
    training.train(begun.pk)
    begun.refresh_from_db()
    assert (begun.state, len(fitted)) == (State.CANCELLED, step)
    assert not ClassifierVersion.objects.exists()
    assert not OutOfFold.objects.exists()


def test_a_training_that_breaks_says_so(monkeypatch, caplog):
    begun = make_training()
    monkeypatch.setattr(learning, "fit", lambda *_: 1 / 0)
    training.train(begun.pk)
    begun.refresh_from_db()
    assert (begun.state, begun.reason) == (State.FAILED, "It broke; the worker's log says why.")
    assert "ZeroDivisionError" in caplog.text


def test_the_sweep_finds_what_was_lost(sent, django_capture_on_commit_callbacks):
    long_ago = clock.now() - 2 * training.LOST
    waiting = make_training()
    lost = make_training(state=State.RUNNING, token=1, heartbeat_at=long_ago)
    hopeless = make_training(state=State.RUNNING, token=training.ATTEMPTS, heartbeat_at=long_ago)
    alive = make_training(state=State.RUNNING, token=1, heartbeat_at=clock.now() - timedelta(seconds=5))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()
    assert {args[0] for _, args in sent} == {waiting.pk, lost.pk}
    states = dict(Training.objects.values_list("pk", "state"))
    assert (states[hopeless.pk], states[alive.pk]) == (State.FAILED, State.RUNNING)


def cases_with(**values):
    dataset = make_dataset()
    make_case(dataset=dataset, **values)
    return make_labelled_cases(dataset=dataset)


def one_label():
    dataset = make_dataset()
    for _ in range(20):
        make_case(dataset=dataset)
    return make_dataset_version(dataset=dataset)


def sparse_labels():
    dataset = make_dataset()
    for n in range(20):
        make_case(dataset=dataset, expected=str(n))
    return make_dataset_version(dataset=dataset)


def few_groups(**values):
    dataset = make_dataset()
    for n in range(20):
        make_case(dataset=dataset, expected=str(n % 2), **values)
    return make_dataset_version(dataset=dataset)


@pytest.mark.parametrize(
    ("cases", "words"),
    [
        (lambda: cases_with(inputs={"other": "x"}), "has no input 'ticket'"),
        (lambda: cases_with(expected={"a": 1}), "is no label"),
        (lambda: cases_with(expected="x" * 201), "is no label"),
        (lambda: cases_with(expected=None), "is no label"),
        (one_label, "the same expected output"),
        (sparse_labels, "no label has 5 cases"),
        (lambda: few_groups(metadata={"cluster": 1}), "the cases are 1 clusters"),
        (lambda: few_groups(inputs={"ticket": " "}), "all inputs are empty"),
    ],
)
def test_cases_that_cannot_be_learnt_from_fail_with_words(cases, words):
    begun = make_training(dataset_version=cases())
    training.train(begun.pk)
    begun.refresh_from_db()
    assert begun.state == State.FAILED
    assert words in begun.reason


def test_what_is_wrong_from_the_start_is_refused(user: User):
    classifier = make_classifier(name="sorter")
    with pytest.raises(InvalidInput, match="is no name"):
        actions.create_classifier(by=user, feature=classifier.feature, name="new")
    with pytest.raises(Conflict, match="exists already"):
        actions.create_classifier(by=user, feature=classifier.feature, name="sorter")
    with pytest.raises(InvalidInput, match="has 1 cases; a classifier learns from 20"):
        actions.start_training(by=user, classifier=classifier, dataset_version=make_dataset_version())
    with pytest.raises(InvalidInput, match=r"choose the input to read; the cases of .* have ticket"):
        actions.start_training(
            by=user, classifier=classifier, dataset_version=make_labelled_cases(), variable="text"
        )
    tiny = make_training(dataset_version=make_dataset_version())
    training.train(tiny.pk)
    tiny.refresh_from_db()
    assert "a classifier learns from" in tiny.reason
