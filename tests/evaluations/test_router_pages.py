"""The router's tab: trained from runs, read by category and locale, turned on and off."""

from decimal import Decimal

import pytest
from django.urls import reverse

from aiops.approaches import actions as approaches
from aiops.approaches.models import FeatureTraining
from aiops.core import clock
from aiops.evaluations import router_live
from aiops.evaluations.router_words import sentence
from aiops.features.queries import policy_in_force
from tests import factories
from tests.evaluations.test_routing import two_runs

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(as_role):
    return as_role("engineer")


def address(name, feature, *args):
    return reverse(f"router:{name}", args=[feature.slug, *args])


def page(client, feature):
    return client.get(address("page", feature)).content.decode().replace("\xa0", " ")


def a_router_in_force(**values):
    version = factories.make_router(**values)
    approaches.turn_router_on(by=factories.make_user(), version=version)
    return version


def test_a_page_without_a_router_says_the_next_step(client):
    assert "No router yet" in page(client, factories.make_feature())


def test_two_runs_are_sent_to_a_worker(client):
    small, large = two_runs(easy=3, hard=3)
    sent = {"small": small.pk, "large": large.pk, "margin": "4"}
    client.post(address("train", small.feature), sent)
    training = FeatureTraining.objects.get()
    assert training.wanted == {"small_run": small.pk, "large_run": large.pk, "margin": 0.04}
    assert "waits for a worker" in page(client, small.feature)
    job = client.get(address("training", small.feature, training.pk))
    assert "HX-Refresh" not in job
    client.post(address("cancel", small.feature, training.pk))
    assert client.get(address("training", small.feature, training.pk))["HX-Refresh"] == "true"


def test_runs_that_do_not_fit_are_refused_in_place(client):
    small, _ = two_runs(easy=3, hard=3)
    sent = {"small": small.pk, "large": small.pk, "margin": "5"}
    answer = client.post(address("train", small.feature), sent)
    assert answer.status_code == 422
    assert "compared with itself" in answer.content.decode()


def test_categories_are_trained_once_at_a_time(client):
    feature = factories.make_feature()
    frozen = factories.make_labelled_cases(dataset=factories.make_dataset(feature=feature))
    for status in (302, 422):
        answer = client.post(address("train-categories", feature), {"dataset_version": frozen.pk})
        assert answer.status_code == status
    FeatureTraining.objects.update(state="failed", reason="It broke.", finished_at=clock.now())
    assert "It broke." in page(client, feature)


def test_a_version_shows_its_losses(client):
    version = factories.make_router()
    shown = client.get(address("version", version.feature, 1)).content.decode().replace("\xa0", " ")
    assert (
        "billing: small model from score 0.50 (50 % of cases), loses at most 3 points of 5 allowed." in shown
    )
    assert "en: small model (50 % of cases), loses at most 3 points of 5 allowed." in shown


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"reason": "too_few_cases", "n": 12}, "x: large. 12 of 60 cases."),
        ({"reason": "margin_not_met", "n": 80}, "x: large. Not inside the margin of 5 allowed."),
        (
            {"reason": "margin_not_met", "n": 80, "upper": 0.071},
            "x: large. Not inside the margin of 5 allowed: it may lose 7.1 points.",
        ),
        ({"reason": "ok", "n": 80, "upper": 0.03}, "x: large. No case scores high enough."),
    ],
)
def test_what_goes_to_large_says_why(facts, said):
    whole = {"name": "x", "loss": None, "upper": None, "routed_share": 0.0, "threshold": None, **facts}
    assert sentence(whole, 0.05) == said


def test_it_is_turned_on_and_off(client):
    version = factories.make_router()
    feature = version.feature
    client.post(address("on", feature, 1), {"shadow_share": "2"})
    policy = policy_in_force(feature)
    assert (policy.router.kind, policy.router.version, policy.router.shadow_share) == ("trained", 1, 2.0)
    assert "Goes small" in page(client, feature)
    client.post(address("off", feature))
    assert policy_in_force(feature).router.kind == "fixed"


def test_what_does_not_pass_is_not_turned_on(client):
    version = factories.make_router(passing=0)
    client.post(address("on", version.feature, 1), {"shadow_share": "2"})
    client.post(address("on", version.feature, 1), {"shadow_share": "200"})
    assert policy_in_force(version.feature).router.kind == "fixed"


def test_categories_are_turned_on_and_off(client):
    version = factories.make_categories()
    client.post(address("categories-on", version.feature, 1))
    assert policy_in_force(version.feature).categories.version == 1
    assert "delivery, money" in page(client, version.feature)
    client.post(address("categories-off", version.feature))
    assert policy_in_force(version.feature).categories.version is None


def routed_call(version, model, **values):
    span = {"stage": "router", "begun_ms": 0, "ended_ms": 1, "decision": model, "facts": {"router": 1}}
    return factories.make_call(
        feature=version.feature.slug, model=model, spans=[span], category="billing", **values
    )


def test_live_calls_say_the_share_and_the_saving(client):
    price = factories.make_price(input=Decimal("0.00001"), output=Decimal("0.0001"))
    version = a_router_in_force(large=price.model)
    for number in range(40):
        small = number % 2
        routed_call(
            version, version.small.name if small else version.large.name, cost="0.002" if small else "0.02"
        )
    found = router_live.live(version)
    assert (found.decided, found.small, found.requests, found.covered) == (40, 20, 0, 40)
    assert found.savings.share == pytest.approx(0.45)  # half of the calls, a tenth of the price
    shown = page(client, version.feature)
    assert "45.0 %" in shown


def test_pairs_are_calls_that_both_models_answered():
    version = a_router_in_force()
    for number in range(3):
        first = routed_call(version, version.small.name, output="yes")
        said = "yes " if number else "no"
        factories.make_call(
            feature=version.feature.slug, tenant="internal", metadata={"routes": first.id}, output=said
        )
    found = router_live.live(version)
    assert (found.decided, found.pairs, found.same.mid) == (3, 3, pytest.approx(2 / 3))
    assert found.savings is None


def test_a_page_asks_as_much_for_three_versions_as_for_one(client, django_assert_max_num_queries):
    version = a_router_in_force()
    page(client, version.feature)
    with django_assert_max_num_queries(30) as one:
        page(client, version.feature)
    factories.make_router(feature=version.feature)
    factories.make_router(feature=version.feature)
    with django_assert_max_num_queries(len(one.captured_queries)):
        page(client, version.feature)
