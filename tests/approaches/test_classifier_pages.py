"""Pages of classifiers."""

import pytest

from aiops.approaches import training
from aiops.approaches.deciding import _model
from aiops.approaches.models import Classifier, Training
from aiops.core import clock
from tests.factories import make_classifier, make_feature, make_labelled_cases, make_trained, make_training

pytestmark = pytest.mark.django_db
PLACE = "/approaches/classifiers/"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def engineer(as_role):
    _model.cache_clear()
    return as_role("engineer")


def page(client, path, **options) -> str:
    response = client.get(path, **options)
    assert response.status_code == 200, path
    return response.content.decode()


def test_an_engineer_makes_trains_and_tries_one(engineer):
    make_feature(slug="support")
    cases = make_labelled_cases()
    assert "No classifier yet" in page(engineer, PLACE)
    answer = engineer.post(f"{PLACE}new/", {"name": "sorter", "feature": "support"})
    assert answer["Location"] == f"{PLACE}sorter/train/"
    assert str(cases) in page(engineer, f"{PLACE}sorter/train/")
    answer = engineer.post(f"{PLACE}sorter/train/", {"dataset_version": cases.pk}, follow=True)
    shown = answer.content.decode()
    assert "The training is queued." in shown
    assert "waits for a worker" in shown
    begun = Training.objects.get()
    assert "HX-Refresh" not in engineer.get(f"{PLACE}sorter/trainings/{begun.pk}/").headers
    training.train(begun.pk)
    assert engineer.get(f"{PLACE}sorter/trainings/{begun.pk}/")["HX-Refresh"] == "true"
    assert "100" in page(engineer, f"{PLACE}sorter/")
    shown = page(engineer, f"{PLACE}sorter/versions/1/")
    assert "By label" in shown
    assert "Nothing." in shown
    answer = engineer.post(f"{PLACE}sorter/versions/1/try/", {"input.ticket": "late parcel"}, **HTMX)
    assert "delivery" in answer.content.decode()
    assert "sure" in answer.content.decode()
    assert "20 cases" in page(engineer, PLACE)


def test_forms_say_what_is_wrong(engineer):
    classifier = make_classifier(name="sorter")
    answer = engineer.post(f"{PLACE}new/", {"name": "sorter", "feature": classifier.feature.slug})
    assert answer.status_code == 422
    cases = make_labelled_cases()
    answer = engineer.post(f"{PLACE}sorter/train/", {"dataset_version": cases.pk, "variable": "text"})
    assert answer.status_code == 422
    assert "choose the input to read" in answer.content.decode()
    assert engineer.post(f"{PLACE}sorter/train/", {"note": "x"}).status_code == 422
    make_trained(classifier=classifier, sha256="0" * 64)
    answer = engineer.post(f"{PLACE}sorter/versions/1/try/", {"input.ticket": "x"})
    assert "not those that were trained" in answer.content.decode()


def test_a_training_is_cancelled_once(engineer):
    begun = make_training(classifier=make_classifier(name="sorter"))
    cancel = f"{PLACE}sorter/trainings/{begun.pk}/cancel/"
    assert cancel in page(engineer, f"{PLACE}sorter/")
    assert "The training is cancelled." in engineer.post(cancel, follow=True).content.decode()
    assert "the training is over" in engineer.post(cancel, follow=True).content.decode()
    assert "The last training was cancelled" in page(engineer, f"{PLACE}sorter/")


def test_who_only_reads_sees_no_way_to_change(as_role):
    begun = make_training(classifier=make_classifier(name="sorter"))
    viewer = as_role("viewer")
    shown = page(viewer, f"{PLACE}sorter/")
    assert "Cancel" not in shown
    assert "Train" not in shown.replace("Training on", "")
    assert viewer.post(f"{PLACE}sorter/train/", {}).status_code == 403
    Training.objects.update(state="failed", reason="<b>broke</b>", finished_at=clock.now())
    assert "&lt;b&gt;broke" in page(viewer, f"{PLACE}sorter/")
    assert begun.classifier.name in page(viewer, PLACE)
    Training.objects.all().delete()
    assert "An engineer trains" in page(viewer, f"{PLACE}sorter/")
    Classifier.objects.all().delete()
    assert "An engineer trains" in page(viewer, PLACE)
    assert "No classifier matches" in page(viewer, f"{PLACE}?text=x")


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_the_same_number_of_questions(engineer, count, django_assert_num_queries):
    classifier = make_classifier(name="sorter")
    for _ in range(count):
        make_trained()
        make_trained(classifier=classifier)
    with django_assert_num_queries(5):
        page(engineer, PLACE)
    with django_assert_num_queries(7):
        page(engineer, f"{PLACE}sorter/")
