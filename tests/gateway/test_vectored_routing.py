"""A router that reads a model's vectors: paid for with the call; without a vector large answers."""

import asyncio
import base64

import numpy as np
import pytest

from aiops.approaches import vectored
from aiops.gateway.memory import MemoryLedger, MemoryVendors, memory_world
from aiops.gateway.picture import RouterModel, Space
from aiops.gateway.pipeline import gateway
from aiops.providers.errors import BadKey
from tests.fakes.answers import meaning
from tests.gateway.test_embedder import Maker, embedder_of
from tests.gateway.world import Vendor, make_call, make_model

LENGTH = 64
SPACE = Space(id=7, model="maker", dimensions=LENGTH)


def learnt():
    """Texts about refunds are easy."""
    said = ("my refund now", "the refund please", "a broken mobile", "that mobile fails")
    texts = [f"{one} {n}" for n in range(10) for one in said]
    vectors = [meaning(text) for text in texts]
    return vectored.crossed(texts, vectors, ["refund" in text for text in texts], [""] * len(texts))


@pytest.fixture(scope="module")
def model():
    return learnt().model


def test_it_learns_meaning_and_is_kept_as_numbers(model):
    again = vectored.read(vectored.kept(model), LENGTH)
    assert again.chance(meaning("I am reimbursed"), "I am reimbursed") > 0.5
    assert again.chance(meaning("my phone"), "my phone") < 0.5
    with pytest.raises(ValueError, match="no weights for vectors of 32"):
        vectored.read(vectored.kept(model), 32)


def test_cases_are_scored_by_models_that_have_not_seen_them():
    found = learnt()
    assert found.chances.shape == (40,)
    assert found.chances[0] > 0.5 > found.chances[2]
    texts = [f"case {n}" for n in range(10)]
    alone = vectored.crossed(texts, [meaning(text) for text in texts], [True] * 10, [""] * 10)
    assert np.all(alone.chances > 0.99)


def ask(model, maker, text="I was reimbursed", **changes):
    router = RouterModel(
        number=2,
        sha256=base64.b64encode(vectored.kept(model)).decode()[:64],
        weights=base64.b64encode(vectored.kept(model)).decode(),
        small="small",
        large="large",
        prompt_version=3,
        thresholds={"refund": 0.5},
        space=7,
    )

    async def run():
        vendors = MemoryVendors({"maker": maker, "small": Vendor("small"), "large": Vendor("large")})
        ledger = MemoryLedger()
        policy = {"router": {"kind": "trained", "version": 2}}
        models = (make_model(), make_model("large"), make_model("maker"))
        facts = {"category": "refund", "inputs": {"ticket": text}, "models": models, **changes}
        call = make_call(policy, **facts)
        feature = call.feature.model_copy(update={"router": router})
        approach = call.approach.model_copy(update={"model": "large"})
        picture = call.picture.model_copy(update={"spaces": {7: SPACE}})
        call = call.but(feature=feature, approach=approach, picture=picture)
        embedder = embedder_of(maker, ledger)
        embedder._vendors = vendors
        world = memory_world(vendors=vendors, ledger=ledger, embedder=embedder)
        reply = await gateway(world)(call)
        return reply.text, [one.model for one in call.trace.attempts], call.trace.routed

    return asyncio.run(run())


def test_a_call_is_routed_by_what_it_means(model):
    text, attempts, routed = ask(model, Maker())
    assert (text, attempts, routed.why) == ("small", ["maker", "small"], "score")
    assert ask(model, Maker(), "my phone is broken")[0] == "large"


def test_without_a_vector_large_answers(model):
    text, _, routed = ask(model, Maker(BadKey("no")))
    assert (text, routed.why) == ("large", "vector")


def test_what_is_not_scored_is_not_embedded(model):
    maker = Maker()
    text, attempts, routed = ask(model, maker, category="other")
    assert (text, attempts, routed.why, maker.asked) == ("large", ["large"], "category", [])
