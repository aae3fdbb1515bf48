"""Rules and classifiers answer from memory: the database may be away, and no call waits for an import."""

import asyncio
import threading

import pytest
from django.db import OperationalError

from aiops.deployments.models import Served
from aiops.gateway import painting
from aiops.gateway.errors import InvalidRequest, ProviderFailed
from aiops.gateway.picture import Deployment, Feature, Instant, Picture
from aiops.gateway.stores.approaches import InstantApproaches
from tests import factories
from tests.gateway.served import make_picture

SOURCE = "rules: {if: {input: ticket, any: late}, then: delivery}\notherwise: other\n"
RULES = Instant(kind="rules", name="sorting", number=1, version_id=1, inputs=("ticket",), source=SOURCE)
LATE = {"ticket": "It is late"}


class Says:
    """A classifier."""

    def answer(self, inputs, locale):
        return type("Answer", (), {"text": f"label of {inputs['ticket']}"})


class Loads:
    """Loads by number, and keeps count; `failures` come first."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.asked = []
        self.threads = set()

    def __call__(self, version_id):
        self.asked.append(version_id)
        self.threads.add(threading.current_thread().name)
        if self.failures:
            raise self.failures.pop(0)
        return Says()


def trained(version_id):
    return Instant(kind="classifier", name="sorter", number=1, version_id=version_id, inputs=("ticket",))


def with_classifiers(stable, candidate=None) -> Picture:
    deployment = Deployment(stable=trained(stable), candidate=candidate and trained(candidate), salt="s")
    return make_picture(features={"sorting": Feature(slug="sorting", deployment=deployment)})


def answered(approaches, approach, inputs=LATE):
    return asyncio.run(approaches.answer(approach, inputs, "en"))


@pytest.fixture
def approaches():
    made = []

    def make(load):
        made.append(InstantApproaches(load))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_rules_answer_from_the_picture(approaches):
    assert answered(approaches(Loads()), RULES) == "delivery"
    with pytest.raises(InvalidRequest, match="ticket"):
        answered(approaches(Loads()), RULES, {})


def test_classifiers_of_a_picture_are_loaded_once_beside_the_calls(approaches):
    load = Loads()
    ready = approaches(load)
    ready.prepare(with_classifiers(1, candidate=2))
    asyncio.run(ready.prepared())
    assert sorted(load.asked) == [1, 2]
    assert answered(ready, trained(1)) == "label of It is late"
    ready.prepare(with_classifiers(1, candidate=2))
    assert (sorted(load.asked), {name[:11] for name in load.threads}) == ([1, 2], {"classifiers"})


def test_what_a_picture_no_longer_names_is_let_go(approaches):
    load = Loads()
    ready = approaches(load)
    for versions in (1, 2, 1):
        ready.prepare(with_classifiers(versions))
        asyncio.run(ready.prepared())
    assert load.asked == [1, 2, 1]


def test_one_that_could_not_be_loaded_is_tried_again_by_the_next_call(approaches):
    ready = approaches(Loads(OperationalError("away"), OperationalError("away")))
    ready.prepare(with_classifiers(1))
    asyncio.run(ready.prepared())
    with pytest.raises(ProviderFailed, match="sorter cannot be loaded: away"):
        answered(ready, trained(1))
    assert answered(ready, trained(1)) == "label of It is late"


@pytest.mark.django_db(transaction=True)
def test_a_stored_classifier_answers_without_the_database(approaches, django_db_blocker):
    version = factories.make_trained()
    served = Served.objects.create(kind="classifier", classifier_version=version)
    factories.make_deployment(stable=served)
    picture = painting.paint().picture
    assert picture.classifiers() == {version.pk}
    ready = approaches(None)
    ready.prepare(picture)
    asyncio.run(ready.prepared())
    with django_db_blocker.block():
        assert answered(ready, trained(version.pk)) == "delivery"


@pytest.mark.django_db(transaction=True)
def test_one_that_is_not_there_is_a_failure_that_a_fallback_answers(approaches):
    with pytest.raises(ProviderFailed, match="does not exist"):
        answered(approaches(None), trained(1))


@pytest.mark.django_db
def test_the_picture_has_the_newest_rules_that_features_fall_back_on():
    first = factories.make_rules()
    newest = factories.make_rules(rule_set=first.rule_set)
    factories.make_rules()
    way = {"kind": "rules", "rule_set": newest.rule_set.name}
    factories.make_policy(settings={"fallbacks": [way]})
    ((name, painted),) = painting.paint().picture.rule_sets.items()
    assert (name, painted.number, painted.source) == (newest.rule_set.name, newest.number, newest.source)


@pytest.mark.django_db(transaction=True)
def test_another_version_of_a_rule_set_is_published():
    before = painting.revision()
    factories.make_rules()
    assert painting.revision() > before
