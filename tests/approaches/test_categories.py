import numpy as np
import pytest
from django.db import IntegrityError, InternalError, transaction

from aiops.approaches import actions, categories, crossing
from aiops.approaches.models import CategoryVersion, FeatureTraining
from aiops.core.errors import Conflict
from tests import factories

pytestmark = pytest.mark.django_db


def trained(dataset_version):
    training = factories.make_learning(dataset_version=dataset_version)
    categories.train(training.pk)
    training.refresh_from_db()
    return training


def test_a_classifier_learns_the_categories_of_the_cases():
    training = trained(factories.make_labelled_cases(40))
    version = CategoryVersion.objects.get()
    assert (training.state, training.number, version.labels) == ("finished", 1, ["a", "b"])
    assert version.report["lower"] >= crossing.PRECISION
    assert version.threshold is not None
    assert sum(one["n"] for one in version.report["labels"]) == version.case_count == 80


def test_with_few_cases_nothing_is_proven():
    trained(factories.make_labelled_cases(8))
    version = CategoryVersion.objects.get()
    assert (version.threshold, version.report["covered"]) == (None, 0.0)


def test_one_category_fails_in_words():
    training = trained(factories.make_labelled_cases(3))
    assert training.state == "failed"
    assert training.reason == "0 categories have 5 cases; it takes 2 to 200 of them"


def test_the_threshold_is_the_smallest_that_is_proven():
    confidence = np.array([0.95] * 60 + [0.7] * 60 + [0.5] * 60)
    right = np.array([True] * 120 + [False] * 60)
    found = crossing.sure(confidence, right)
    assert (found.threshold, found.precision, found.covered) == (0.52, 1.0, pytest.approx(2 / 3))
    assert found.lower == pytest.approx(0.05 ** (1 / 120))
    assert crossing.sure(confidence[:20], right[:20]).threshold is None


def test_a_training_is_cancelled_once():
    by, training = factories.make_user(), factories.make_learning()
    actions.cancel_learning(by=by, training=training)
    categories.train(training.pk)
    with pytest.raises(Conflict, match="over: cancelled"):
        actions.cancel_learning(by=by, training=training)
    assert not CategoryVersion.objects.exists()


def test_one_is_trained_at_a_time():
    training = factories.make_learning()
    with pytest.raises(Conflict, match="trained already"):
        actions.start_learning(
            by=factories.make_user(),
            feature=training.feature,
            kind=FeatureTraining.Kind.CATEGORIES,
            dataset_version=training.dataset_version,
        )


def test_a_version_never_changes():
    version = factories.make_categories()
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        CategoryVersion.objects.filter(pk=version.pk).update(threshold=0.1)
