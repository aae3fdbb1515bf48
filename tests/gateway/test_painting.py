from datetime import timedelta
from decimal import Decimal

import pytest

from aiops.budgets.models import Budget
from aiops.core import clock
from aiops.deployments.models import Served
from aiops.features.models import KeyFeature
from aiops.gateway import painting
from aiops.gateway.picture import Instant, Passthrough, Picture, PromptOnModel, Search
from tests import factories

pytestmark = pytest.mark.django_db


def picture() -> Picture:
    return painting.paint().picture


def test_a_key_opens_its_tenant_and_its_features():
    key = factories.make_key()
    feature = factories.make_feature()
    KeyFeature.objects.create(key=key, feature=feature)
    painted = picture().keys[key.public_id]
    assert (painted.digest, painted.tenant, painted.features) == (
        key.digest,
        key.tenant.slug,
        frozenset({feature.slug}),
    )


def test_a_service_key_has_no_tenant_and_opens_all():
    key = factories.make_key(tenant=None)
    assert picture().keys[key.public_id].tenant is None
    assert picture().keys[key.public_id].features == frozenset()


def test_keys_that_are_over_are_absent():
    now = clock.now()
    factories.make_key(expires_at=now - timedelta(seconds=1))
    factories.make_key(revoked_at=now)
    later = factories.make_key(expires_at=now + timedelta(hours=1))
    assert set(picture().keys) == {later.public_id}


def test_the_newest_policy_is_in_force():
    feature = factories.make_feature()
    factories.make_policy(feature=feature, settings={"deadline_seconds": 5.0})
    factories.make_policy(feature=feature, settings={"deadline_seconds": 7.0})
    painted = picture().features[feature.slug]
    assert (painted.policy.deadline_seconds, painted.policy_number) == (7.0, 2)


def test_a_feature_without_a_policy_has_the_defaults():
    feature = factories.make_feature(kind="embedding")
    painted = picture().features[feature.slug]
    assert (painted.policy.deadline_seconds, painted.policy_number, painted.kind) == (3.0, 0, "embedding")


def test_a_policy_that_no_longer_reads_stops_its_feature_alone():
    bad = factories.make_policy(settings={"no_such_stage": 1}).feature
    good = factories.make_feature()
    painted = picture()
    assert [(stop.scope, stop.target) for stop in painted.stops] == [("feature", bad.slug)]
    assert good.slug in painted.features


def test_a_deployment_of_a_prompt_holds_what_renders_it():
    deployment = factories.make_deployment(candidate=factories.make_served(), share=Decimal("2.50"))
    painted = picture().features[deployment.feature.slug].deployment
    version = deployment.stable.version
    assert isinstance(painted.stable, PromptOnModel)
    assert isinstance(painted.candidate, PromptOnModel)
    assert painted.stable.messages == version.messages
    assert (painted.stable.prompt, painted.stable.number) == (version.prompt.name, version.number)
    assert painted.stable.model == deployment.stable.model.name
    assert painted.candidate.prompt == deployment.candidate.version.prompt.name
    assert (painted.share, painted.salt) == (Decimal("2.50"), deployment.salt)


def serve(**values) -> object:
    feature = factories.make_deployment(stable=factories.make_served(**values)).feature
    return picture().features[feature.slug].deployment.stable


def test_each_kind_of_approach_is_painted():
    model = factories.make_price().model
    rules, trained = factories.make_rules(), factories.make_trained()
    assert serve(kind=Served.Kind.PASSTHROUGH, model=model) == Passthrough(model=model.name)
    assert serve(kind=Served.Kind.SEARCH) == Search()
    assert serve(kind=Served.Kind.RULES, rule_set_version=rules) == Instant(
        kind="rules",
        name=rules.rule_set.name,
        number=1,
        version_id=rules.pk,
        inputs=("ticket",),
        source=rules.source,
    )
    assert serve(kind=Served.Kind.CLASSIFIER, classifier_version=trained) == Instant(
        kind="classifier",
        name=trained.classifier.name,
        number=1,
        version_id=trained.pk,
        inputs=("ticket",),
    )


def test_a_flag_names_its_tenants_and_its_percentage():
    tenant = factories.make_tenant()
    flag = factories.make_flag(tenants=[tenant], percent=Decimal("12.50"))
    painted = picture().features[flag.feature.slug].flag
    assert (painted.on, painted.limited, painted.percent) == (True, True, Decimal("12.50"))
    assert (painted.tenants, painted.salt) == (frozenset({tenant.slug}), flag.salt)


def test_a_model_has_the_price_of_now_and_the_next_one_is_due():
    now = clock.now()
    model = factories.make_price().model
    factories.make_price(model=model, effective_at=now + timedelta(hours=1), input=Decimal(1))
    painted = painting.paint()
    assert painted.picture.models[model.name].rates.input == Decimal("0.000001")
    assert painted.due == now + timedelta(hours=1)


def test_a_model_without_a_price_has_no_rates_and_a_retired_one_is_absent():
    open_model = factories.make_model()
    factories.make_model(retired_at=clock.now())
    assert {name: model.rates for name, model in picture().models.items()} == {open_model.name: None}


def test_a_providers_key_stays_sealed():
    provider = factories.make_provider(api_key_encrypted=b"sealed")
    assert picture().providers[provider.slug].sealed_key == "c2VhbGVk"


def test_a_stop_that_is_lifted_is_absent():
    stop = factories.make_stop()
    factories.make_stop(lifted_at=clock.now())
    assert [(one.scope, one.target, one.reason) for one in picture().stops] == [
        ("feature", stop.target, "It answers nonsense.")
    ]


def test_a_budget_names_whom_it_limits():
    tenant, feature = factories.make_tenant(), factories.make_feature()
    both = Budget.objects.create(tenant=tenant, feature=feature, period="day", amount=Decimal(5), hard=False)
    everything = Budget.objects.create(period="month", amount=Decimal(100))
    assert [
        (one.id, one.tenant, one.feature, one.period, one.amount, one.hard) for one in picture().budgets
    ] == [
        (both.pk, tenant.slug, feature.slug, "day", Decimal(5), False),
        (everything.pk, None, None, "month", Decimal(100), True),
    ]


def test_the_picture_survives_the_disk():
    factories.make_deployment(stable=factories.make_served(kind=Served.Kind.SEARCH))
    factories.make_key()
    factories.make_flag(tenants=[factories.make_tenant()])
    painted = picture()
    assert Picture.model_validate_json(painted.model_dump_json()) == painted


@pytest.mark.parametrize("rows", [1, 3])
def test_painting_is_one_round_trip_whatever_there_is(rows, django_assert_num_queries):
    for _ in range(rows):
        factories.make_deployment(candidate=factories.make_served())
        factories.make_policy()
        factories.make_flag(tenants=[factories.make_tenant()])
        KeyFeature.objects.create(key=factories.make_key(), feature=factories.make_feature())
        factories.make_stop()
    with django_assert_num_queries(1):
        painting.paint()
