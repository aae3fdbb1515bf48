"""A call's texts to who makes vectors: held, recorded and billed with it; remembered; never waited for."""

import asyncio
from decimal import Decimal

import pytest

from aiops.embeddings.shaping import cosine
from aiops.gateway.embedder import CallEmbedder, Hashed
from aiops.gateway.guardrails import Found, grounding
from aiops.gateway.memory import MemoryLedger, MemoryRecorder, MemoryVendors, memory_world
from aiops.gateway.messages import Passage, Reply
from aiops.gateway.picture import Space, Stop
from aiops.gateway.pipeline import gateway
from aiops.gateway.ports import NoVectors
from aiops.providers import sentence_transformers
from aiops.providers.errors import BadKey, ServerError, Timeout
from aiops.providers.protocol import EmbedReply, Usage
from tests.fakes.answers import meaning
from tests.gateway.world import RATE, Vendor, make_call

SPACE = Space(id=1, model="small", dimensions=64)


class Maker:
    """Makes vectors, a token a word; `fails` are raised in turn first, after `seconds`."""

    def __init__(self, *fails, seconds=0.0):
        self.fails = list(fails)
        self.seconds = seconds
        self.asked = []

    async def embed(self, request, *, timeout):
        self.asked.append(request)
        await asyncio.sleep(self.seconds)
        if self.fails:
            raise self.fails.pop(0)
        vectors = tuple(tuple(meaning(text)) for text in request.texts)
        return EmbedReply(vectors, Usage(input=sum(len(text.split()) for text in request.texts)), "small")


def call_by(space=SPACE, use="cache", **changes):
    call = make_call(**changes)
    return call.but(picture=call.picture.model_copy(update={"spaces": {1: space}, "uses": {use: 1}}))


def embedder_of(maker, ledger=None):
    return CallEmbedder(ledger or MemoryLedger(), MemoryVendors({"small": maker}))


def embed(maker, *texts, ledger=None, call=None, space=SPACE, seconds=1.0, use="cache"):
    """The vectors, and the call."""

    async def run():
        asking = call() if call else call_by(space)
        return await embedder_of(maker, ledger).embed(asking, use, texts, seconds=seconds), asking

    return asyncio.run(run())


def test_a_text_is_paid_for_with_its_call_and_recorded():
    maker, ledger = Maker(), MemoryLedger()
    (first, second), call = embed(maker, "my refund", "I am reimbursed", ledger=ledger)
    assert cosine(first, second) == pytest.approx(1 / (2**0.5 * 3**0.5), abs=1e-6)
    (attempt,) = call.trace.attempts
    assert (attempt.model, attempt.cost, attempt.usage.input) == ("small", 5 * RATE, 5)
    assert (ledger.spent, ledger.held) == (5 * RATE, 0)
    assert attempt.worst > attempt.cost


def test_without_a_choice_it_is_hashed_for_nothing():
    maker = Maker()
    (vector,), call = embed(maker, "my refund", use="grounding")
    assert (len(vector), maker.asked, call.trace.attempts) == (512, [], [])


def test_a_text_is_asked_for_once():
    maker = Maker()

    async def run():
        embedder = embedder_of(maker)
        for texts in (["a", "b"], ["b", "a"], ["c", "a"]):
            await embedder.embed(call_by(), "cache", texts, seconds=1)
        return embedder.remembered(SPACE, "b"), embedder.remembered(SPACE, "d")

    known, unknown = asyncio.run(run())
    assert [request.texts for request in maker.asked] == [("a", "b"), ("c",)]
    assert (len(known), unknown) == (64, None)


def test_many_texts_go_in_batches_and_few_are_remembered(monkeypatch):
    maker = Maker()
    monkeypatch.setattr("aiops.gateway.embedder.MOST", 10)
    vectors, _ = embed(maker, *map(str, range(100)))
    assert (len(vectors), [len(request.texts) for request in maker.asked]) == (100, [64, 36])


def test_a_failure_that_may_pass_is_tried_again_with_money_of_its_own():
    maker, ledger = Maker(ServerError("busy")), MemoryLedger()
    _, call = embed(maker, "a", ledger=ledger)
    assert [attempt.error for attempt in call.trace.attempts] == ["busy", ""]
    assert ledger.spent == RATE


@pytest.mark.parametrize(
    ("maker", "words", "cost"),
    [
        (Maker(BadKey("no such key")), "no such key", Decimal(0)),
        (Maker(ServerError("busy"), ServerError("busy")), "busy", Decimal(0)),
        (Maker(Timeout("silent")), "silent", None),
        (Vendor("I only chat."), "vendor has no embeddings", None),
    ],
)
def test_where_no_vector_is_to_be_had_it_says_why(maker, words, cost):
    ledger = MemoryLedger()
    with pytest.raises(NoVectors, match=words):
        embed(maker, "a", ledger=ledger)
    assert ledger.held == 0
    assert (ledger.spent == 0) == (cost == 0)


def test_nobody_waits_for_a_slow_vendor_and_its_worst_case_counts():
    ledger = MemoryLedger()
    with pytest.raises(NoVectors, match=r"within 0\.01 s"):
        embed(Maker(seconds=1), "a", ledger=ledger, seconds=0.01)
    assert (ledger.held, ledger.spent > 0) == (0, True)


def test_a_vendor_that_fails_again_and_again_is_left_alone():
    maker = Maker(*[Timeout("silent")] * 9)

    async def run():
        embedder = embedder_of(maker)
        for _ in range(8):
            with pytest.raises(NoVectors):
                await embedder.embed(call_by(), "cache", ["a"], seconds=1)

    asyncio.run(run())
    assert len(maker.asked) == 5


def test_what_may_not_be_called_is_not():
    maker = Maker()
    stopped = Stop(scope="model", target="small")
    for call, space, words in (
        (lambda: call_by(stops=(stopped,)), SPACE, "small is stopped"),
        (lambda: call_by(Space(id=1, model="gone", dimensions=64)), SPACE, "no model gone"),
        (lambda: call_by(models=()), SPACE, "no model small"),
    ):
        with pytest.raises(NoVectors, match=words):
            embed(maker, "a", call=call, space=space)
    with pytest.raises(NoVectors, match="leaves no room"):
        embed(maker, "a", ledger=MemoryLedger(Decimal(0)))
    assert maker.asked == []


def test_a_model_without_price_is_not_called():
    def call():
        known = call_by()
        model = known.picture.models["small"].model_copy(update={"rates": None})
        return known.but(picture=known.picture.model_copy(update={"models": {"small": model}}))

    with pytest.raises(NoVectors, match="small has no price"):
        embed(Maker(), "a", call=call)


def test_vectors_of_another_length_are_none():
    with pytest.raises(NoVectors, match="gives 64 numbers where 32 are wanted"):
        embed(Maker(), "a", space=SPACE.model_copy(update={"dimensions": 32}))
    cut = SPACE.model_copy(update={"dimensions": 63, "asked": 63, "cut": True})
    maker = Maker()
    (vector,), _ = embed(maker, "refund", space=cut)
    assert (len(vector), maker.asked[0].dimensions) == (63, None)


def test_a_model_of_our_own_costs_nothing(monkeypatch):
    monkeypatch.setattr(sentence_transformers, "encoded", lambda _, texts: ((1.0,) * 64,) * len(texts))
    (vector,), call = embed(Maker(), "a", space=Space(id=1, local="tiny", dimensions=64))
    assert (len(vector), call.trace.attempts) == (64, [])


def test_grounding_knows_other_words_of_the_same_meaning():
    passages = (Passage(1, "a.md", "Returns", "", "Every refund needs one week.", 1.0),)
    policy = {
        "retrieval": {"on": True},
        "guardrails": {"grounding": "enforce", "grounding_rules": {"alike": 0.7, "support": 0.9}},
    }
    said = Reply("answered", text="Every money needs one week. [1]")

    def judged(maker, use):
        async def run():
            world = memory_world(embedder=embedder_of(maker))
            call = call_by(use=use, policy=policy).but(passages=passages)
            found = grounding.checker(call, world)(said)
            return found if isinstance(found, Found) else await found, call

        return asyncio.run(run())

    found, call = judged(Maker(), "grounding")
    assert (found.passed, len(call.trace.attempts)) == (True, 1)
    unpaid, _ = judged(Maker(BadKey("no")), "grounding")
    assert not unpaid.passed


def test_an_answer_s_record_has_the_vectors_cost():
    """A guardrail's vectors are part of what the call cost."""
    passage = Passage(1, "a.md", "Returns", "", "Every refund needs one week.", 1.0)

    class Library:
        async def search(self, call, question, most):
            return [passage]

    class Both(Maker, Vendor):
        def __init__(self):
            Maker.__init__(self)
            self.says = ("Every money needs one week. [1]",)

        async def chat(self, request, *, timeout):
            self.asked = []
            return await Vendor.chat(self, request, timeout=timeout)

    async def run():
        vendors = MemoryVendors({"small": Both()})
        ledger, recorder = MemoryLedger(), MemoryRecorder()
        world = memory_world(
            ledger=ledger,
            vendors=vendors,
            library=Library(),
            embedder=CallEmbedder(ledger, vendors),
            recorder=recorder,
        )
        policy = {
            "retrieval": {"on": True},
            "guardrails": {"grounding": "enforce", "grounding_rules": {"alike": 0.7, "support": 0.9}},
        }
        call = call_by(use="grounding", policy=policy)
        reply = await gateway(world)(call)
        return reply, recorder.records[0], ledger

    reply, record, ledger = asyncio.run(run())
    assert reply.outcome == "answered"
    assert len(record["attempts"]) == 2
    assert Decimal(record["cost"]) == ledger.spent


def test_where_nobody_keeps_budgets_it_is_hashed_and_no_model_is_asked():
    async def run():
        hashed = Hashed()
        (vector,) = await hashed.embed_in(make_call(), None, ["a"], seconds=1)
        with pytest.raises(NoVectors, match="no model is asked here"):
            await hashed.embed_in(make_call(), SPACE, ["a"], seconds=1)
        return len(vector), hashed.remembered(SPACE, "a")

    assert asyncio.run(run()) == (512, None)
