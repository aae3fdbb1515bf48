"""Trained routers and category classifiers at the call, and in the picture."""

import asyncio
import base64
from decimal import Decimal

import pytest

from aiops.approaches import actions as approaches
from aiops.approaches import hashed
from aiops.core.errors import InvalidInput, NotAllowed
from aiops.features import queries
from aiops.gateway import painting
from aiops.gateway.memory import MemoryVendors, memory_world
from aiops.gateway.messages import Parameters
from aiops.gateway.picture import CategoryModel, RouterModel
from aiops.gateway.pipeline import gateway
from aiops.gateway.routing import asks_both, routed, with_category
from aiops.gateway.stages.router import models_for
from tests import factories
from tests.gateway.world import RATES, Vendor, make_approach, make_call, make_model

TRAINED = {"router": {"kind": "trained", "version": 1}}


def learnt(texts, labels, known):
    places = hashed.places_for(len(known))
    weights = hashed.kept(hashed.fit(hashed.table(texts, places), labels, known, places))
    return {
        "number": 1,
        "sha256": hashed.digest(weights),
        "weights": base64.b64encode(weights).decode(),
    }


def a_router(**changes):
    facts = learnt(["easy one", "hard one"] * 4, ["small", "large"] * 4, ["small"])
    facts |= {"small": "small", "large": "large", "prompt_version": 3, "thresholds": {"billing": 0.5}}
    return RouterModel(**{**facts, "locales": frozenset({"en"}), **changes})


def a_call(text="an easy one", *, policy=TRAINED, router=None, **changes):
    facts = {"category": "billing", "locale": "en-GB", "inputs": {"ticket": text}, **changes}
    call = make_call(policy, approach=facts.pop("approach", make_approach(model="large")), **facts)
    dear = RATES.model_copy(update={"output": Decimal("0.01")})
    models = {"small": make_model("small"), "large": make_model("large", rates=dear)}
    return call.but(
        picture=call.picture.model_copy(update={"models": models}),
        feature=call.feature.model_copy(update={"router": router or a_router()}),
    )


def run(make):
    async def inside():
        return make()

    return asyncio.run(inside())


@pytest.mark.parametrize(
    ("changes", "names", "why"),
    [
        ({}, ["small", "large"], "score"),
        ({"text": "a hard one"}, ["large"], "score"),
        ({"category": "unknown"}, ["large"], "category"),
        ({"category": "new"}, ["large"], "category"),
        ({"locale": "ja"}, ["large"], "locale"),
        ({"locale": ""}, ["large"], "locale"),
        ({"parameters": Parameters(response_schema={"type": "object"})}, ["large"], "schema"),
        ({"parameters": Parameters(tools=({"type": "function"},))}, ["large"], "schema"),
        ({"approach": make_approach(model="large", version_id=4)}, ["large"], "approach"),
    ],
)
def test_small_is_chosen_only_where_it_was_measured(changes, names, why):
    call = run(lambda: a_call(**changes))
    assert [model.name for model in models_for(call)] == names
    assert call.trace.routed.why == why


def test_the_call_is_scored_once():
    call = run(a_call)
    models_for(call)
    first = call.trace.routed
    models_for(call)
    assert call.trace.routed is first


def test_a_router_of_another_model_says_nothing():
    call = run(lambda: a_call(approach=make_approach(model="small")))
    assert (routed(call), [one.name for one in models_for(call)]) == (None, ["small"])


def test_without_locales_in_the_cases_they_do_not_matter():
    call = run(lambda: a_call(locale="ja", router=a_router(locales=None)))
    assert models_for(call)[0].name == "small"


def test_a_policy_that_is_not_trained_asks_nobody():
    call = run(lambda: a_call(policy={}))
    assert ([one.name for one in models_for(call)], call.trace.routed) == (["large"], None)


@pytest.mark.parametrize(("share", "drawn", "due"), [(0, 0.0, False), (5, 0.04, True), (5, 0.05, False)])
def test_a_share_of_decisions_is_asked_of_both(share, drawn, due):
    policy = {"router": {**TRAINED["router"], "shadow_share": share}}
    call = run(lambda: a_call(policy=policy))
    routed(call)
    assert (asks_both(call, lambda: drawn) is not None) == due


def through(call_of):
    """The reply, and the world with its records, once all that was begun has ended."""

    async def inside():
        world = memory_world(vendors=MemoryVendors({"small": Vendor("yes"), "large": Vendor("no")}))
        reply = await gateway(world)(call_of())
        await asyncio.sleep(0.2)
        return reply, world

    return asyncio.run(inside())


def test_the_decision_stands_in_the_trace_and_the_dearest_candidate_is_held():
    reply, world = through(a_call)
    (record,) = world.recorder.records
    spans = {span["stage"]: span for span in record["spans"]}
    facts = spans["router"]["facts"]
    assert (reply.model, facts["router"], facts["why"], facts["others"]) == ("small", 1, "score", ["large"])
    assert facts["score"] >= facts["threshold"] == 0.5
    assert Decimal(spans["breaker"]["facts"]["worst"]) > Decimal(50) * Decimal("0.01")


def test_the_other_model_is_asked_after_the_reply_and_paid_by_ourselves():
    policy = {"router": {**TRAINED["router"], "shadow_share": 100}}
    reply, world = through(lambda: a_call(policy=policy))
    first, second = world.recorder.records
    assert (first["model"], second["model"], reply.model) == ("small", "large", "small")
    assert (second["tenant"], second["metadata"]) == ("internal", {"routes": first["id"]})
    assert (len(first["attempts"]), len(second["attempts"])) == (1, 1)
    assert (first["served_by"], second["served_by"]) == ("", "both")
    assert (first["output"], second["output"], "inputs" in second) == ("yes", "no", False)


def test_a_category_is_said_where_the_classifier_is_sure():
    known = ["delivery", "money"]
    facts = learnt(["parcel is late", "refund please"] * 8, known * 8, known)
    model = CategoryModel(**facts, labels=tuple(known), threshold=0.6)

    def said(text, **changes):
        call = run(lambda: make_call(inputs={"ticket": text}, **changes))
        return with_category(call.but(feature=call.feature.model_copy(update={"categories": model}))).category

    assert said("my refund please") == "money"
    assert said("zzz") == "unknown"
    assert said("my refund please", category="mine") == "mine"
    assert with_category(run(make_call)).category == "unknown"


@pytest.mark.django_db
def test_a_version_that_is_turned_on_is_painted():
    feature, by = factories.make_feature(), factories.make_user()
    version = factories.make_router(feature=feature)
    approaches.turn_router_on(by=by, version=version, shadow_share=2.5)
    approaches.turn_categories_on(by=by, version=factories.make_categories(feature=feature))
    factories.make_router(feature=feature)  # newer, and not in force
    painted = painting.paint().picture.features[feature.slug]
    assert (painted.router.number, painted.router.small) == (1, version.small.name)
    assert (painted.router.thresholds, painted.router.locales) == ({"billing": 0.5}, frozenset({"en"}))
    assert (painted.categories.labels, painted.policy.router.shadow_share) == (("delivery", "money"), 2.5)
    approaches.turn_router_off(by=by, feature=feature)
    approaches.turn_categories_off(by=by, feature=feature)
    painted = painting.paint().picture.features[feature.slug]
    assert (painted.router, painted.categories, painted.policy.router.kind) == (None, None, "fixed")


@pytest.mark.django_db
def test_what_does_not_pass_is_not_turned_on():
    by = factories.make_user()
    with pytest.raises(InvalidInput, match="no category passes"):
        approaches.turn_router_on(by=by, version=factories.make_router(passing=0))
    with pytest.raises(InvalidInput, match="never sure enough"):
        approaches.turn_categories_on(by=by, version=factories.make_categories(threshold=None))


@pytest.mark.django_db
def test_whoever_trained_it_does_not_turn_it_on_alone():
    by, other = factories.make_user(), factories.make_user()
    version = factories.make_router(author=by)
    with pytest.raises(NotAllowed, match="somebody else"):
        approaches.turn_router_on(by=by, version=version)
    assert approaches.turn_router_on(by=other, version=version) is not None


@pytest.mark.django_db
def test_the_policy_page_cannot_turn_one_on():
    from aiops.features import actions as features  # noqa: PLC0415 - beside what it is about

    feature = factories.make_feature()
    policy = queries.policy_in_force(feature)
    wanted = policy.model_validate(policy.model_dump() | TRAINED)
    with pytest.raises(InvalidInput, match="router's page"):
        features.set_policy(by=factories.make_user(), feature=feature, policy=wanted)
