"""Answers to questions in other words: never another tenant's, never unproven, always checked."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.gateway.memory import (
    MemoryCache,
    MemoryLedger,
    MemoryNeighbours,
    MemoryVendors,
    memory_world,
)
from aiops.gateway.messages import Reply
from aiops.gateway.pipeline import compose, stages
from aiops.gateway.ports import Cached, Neighbour
from aiops.gateway.semantic.equivalence import equivalent
from aiops.gateway.semantic.partition import partition_of
from aiops.gateway.stages import semantic
from aiops.gateway.stages.cache import key_of, parts_of
from aiops.gateway.stages.semantic import Semantic, chosen
from aiops.knowledge.vectors import vector
from aiops.providers.errors import Refused
from aiops.providers.protocol import Message
from tests.gateway.test_cache_key import FACTS, MATTERS, OF_FEATURE, call_of
from tests.gateway.world import Vendor, make_call

ON = {"cache": {"semantic": "on", "check_share": 1}}
SHADOW = {"cache": {"semantic": "shadow"}}
ASKED = "How do I activate my new card?"
AGAIN = "Hello, how do I activate my new card please?"
OTHER = "How do I deactivate my new card?"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(semantic, "AFTER", 0)


def run(*asked, policy=None, learnt=None, vendor=None, ledger=None, **given):
    """Replies to questions one after the other, and the world; each is a text, or a call's changes."""
    cache = MemoryCache()
    neighbours = MemoryNeighbours(cache, vector)
    neighbours.learnt = learnt or {}
    vendor = vendor or Vendor("Press the button.")
    world = memory_world(
        cache=cache,
        neighbours=neighbours,
        vendors=MemoryVendors({"small": vendor, "large": vendor}),
        ledger=ledger or MemoryLedger(),
    )

    async def go() -> list[Reply]:
        handler = compose(stages(world))
        replies = []
        for one in asked:
            facts = {"inputs": {"ticket": one}} if isinstance(one, str) else one
            replies.append(await handler(make_call(policy or ON, **{**given, **facts})))
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
        return replies

    return asyncio.run(go()), world


def caches(world):
    return [record["cache"] for record in world.recorder.records]


def test_until_a_threshold_is_learnt_a_neighbour_is_compared_and_not_served():
    replies, world = run(ASKED, AGAIN)
    assert [reply.outcome for reply in replies] == ["answered", "answered"]
    (check,) = world.neighbours.checks
    assert (check.equivalent, check.served, check.neighbour.question) == (True, False, ASKED)
    told = world.recorder.records[1]["spans"][3]["facts"]["semantic"]
    assert told == {"similarity": round(check.neighbour.likeness, 4), "equivalent": True}


def test_in_shadow_nothing_is_served_whatever_is_learnt():
    replies, world = run(ASKED, AGAIN, policy=SHADOW, learnt={"summary": 0.7})
    assert [reply.outcome for reply in replies] == ["answered", "answered"]
    assert len(world.neighbours.checks) == 1


def test_from_the_threshold_on_the_stored_answer_is_given():
    policy = {"cache": {"semantic": "on", "check_share": 0.01}}
    replies, world = run(ASKED, AGAIN, learnt={"summary": 0.7}, policy=policy)
    assert [reply.outcome for reply in replies] == ["answered", "cached"]
    assert caches(world)[:2] == ["miss", "hit-semantic"]
    assert world.recorder.records[1]["cost"] == "0"


def test_below_the_threshold_the_model_is_asked_and_the_neighbour_checked():
    replies, world = run(ASKED, AGAIN, learnt={"summary": 0.99})
    assert [reply.outcome for reply in replies] == ["answered", "answered"]
    assert [check.served for check in world.neighbours.checks] == [False]


def test_a_served_answer_is_checked_by_a_call_of_our_own_when_the_reply_has_left():
    ledger = MemoryLedger()
    replies, world = run(
        ASKED, AGAIN, learnt={"summary": 0.7}, ledger=ledger, vendor=Vendor("Press.", "No, pull 3 times.")
    )
    assert replies[1].text == "Press."
    (check,) = world.neighbours.checks
    assert (check.served, check.equivalent, check.fresh) == (True, False, "No, pull 3 times.")
    first, hit, ours = world.recorder.records
    assert (hit["tenant"], ours["tenant"], ours["arm"], ours["served_by"]) == (
        "acme",
        "internal",
        "internal",
        "shadow",
    )
    assert ours["metadata"] == {"checks": hit["id"]}
    assert "inputs" not in ours
    assert (ledger.held, ledger.spent) == (0, Decimal(first["cost"]) + Decimal(ours["cost"]))


def test_a_check_that_fails_or_has_no_money_harms_nobody():
    replies, world = run(ASKED, AGAIN, learnt={"summary": 0.7}, vendor=Vendor("Press.", Refused("no")))
    assert [reply.outcome for reply in replies] == ["answered", "cached"]
    assert world.neighbours.checks == []
    replies, world = run(ASKED, AGAIN, learnt={"summary": 0.7}, ledger=MemoryLedger(Decimal("0.12")))
    assert [reply.outcome for reply in replies] == ["answered", "cached"]
    assert world.recorder.records[2]["error"].startswith("The budget")


def test_checks_at_once_are_bounded(monkeypatch):
    monkeypatch.setattr(semantic, "AT_ONCE", 0)
    _, world = run(ASKED, AGAIN, learnt={"summary": 0.7})
    assert world.neighbours.checks == []


def test_the_veto_holds_whatever_the_threshold():
    replies, world = run(ASKED, OTHER, learnt={"summary": 0.0})
    assert [reply.outcome for reply in replies] == ["answered", "answered"]
    assert world.neighbours.checks == []


def test_two_tenants_that_ask_the_same_get_answers_of_their_own():
    asked = ({"inputs": {"ticket": ASKED}}, {"inputs": {"ticket": AGAIN}, "tenant": "globex"})
    replies, world = run(*asked, learnt={"summary": 0.7})
    assert [reply.outcome for reply in replies] == ["answered", "answered"]
    assert world.neighbours.checks == []
    shared = {"cache": {"semantic": "on", "shared": True}}
    replies, _ = run(*asked, learnt={"summary": 0.7}, policy=shared)
    assert [reply.outcome for reply in replies] == ["answered", "cached"]


def test_a_conversation_is_looked_for_behind_the_same_words():
    def said(*texts):
        return {"inputs": {"ticket": "x"}, "messages": tuple(Message("user", text) for text in texts)}

    replies, _ = run(said("a", ASKED), said("a", AGAIN), said("b", AGAIN), learnt={"summary": 0.7})
    assert [reply.outcome for reply in replies] == ["answered", "cached", "answered"]


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": {"ticket": " "}},
        {"inputs": {"ticket": "long " * 1000}},
        {"inputs": {"ticket": "x"}, "messages": (Message("assistant", "yes"),)},
    ],
)
def test_what_asks_nothing_in_words_is_not_looked_for(changes):
    _, world = run(changes)
    assert world.neighbours.kept == {}


def test_an_answer_that_is_cut_off_is_not_kept():
    _, world = run(ASKED, vendor=CutOff("Press."))
    assert (world.neighbours.kept, world.cache.kept) == ({}, {})


class CutOff(Vendor):
    async def chat(self, request, *, timeout):
        return replace(await super().chat(request, timeout=timeout), finish_reason="length")


def test_the_nearest_that_is_young_and_alike_enough_is_chosen():
    async def go():
        call = make_call({"cache": {"semantic": "on", "ttl_seconds": 60}})
        old = Neighbour(ASKED, 0.99, Cached(Reply("answered", "old"), 61))
        far = Neighbour(ASKED, 0.5, Cached(Reply("answered", "far")))
        good = Neighbour(AGAIN, 0.9, Cached(Reply("answered", "good")))
        assert chosen(call, ASKED, [old, far]) is None
        assert chosen(call, ASKED, [old, good, far]) is good

    asyncio.run(go())


@settings(max_examples=60, derandomize=True)
@given(FACTS, st.data())
def test_a_partition_holds_what_differs_in_the_question_alone(facts, data):
    part, values = data.draw(st.sampled_from((("call", MATTERS), ("feature", OF_FEATURE))))
    name = data.draw(st.sampled_from(sorted(set(values) - {"inputs", "messages"})))
    value = data.draw(values[name].filter(lambda drawn: drawn != facts[part][name]))
    asked = {"inputs": {"ticket": "What?", "tone": "kind"}, "messages": ()}
    facts = {**facts, "call": {**facts["call"], **asked}}
    one = call_of(facts)
    other = call_of({**facts, part: {**facts[part], name: value}})
    reworded = call_of({**facts, "call": {**facts["call"], "inputs": {"ticket": "Which?", "tone": "kind"}}})
    place, question = partition_of(one, parts_of(one))
    assert question == "What?"
    assert place != partition_of(other, parts_of(other))[0]
    assert partition_of(reworded, parts_of(reworded)) == (place, "Which?")
    assert key_of(one) != key_of(reworded)


@settings(max_examples=40, derandomize=True)
@given(st.dictionaries(st.sampled_from("abc"), st.text(min_size=1, max_size=3), min_size=2), st.data())
def test_another_input_than_the_question_is_another_partition(inputs, data):
    name = data.draw(st.sampled_from(sorted(inputs)))
    changed = {**inputs, name: inputs[name] + "x"}
    one, other = (call_of({"call": {"inputs": some}, "feature": {}}) for some in (inputs, changed))
    (place, question), (elsewhere, another) = (partition_of(call, parts_of(call)) for call in (one, other))
    asked = max(sorted(inputs), key=lambda key: len(inputs[key]))
    assert not question or (place == elsewhere) == (name == asked and another == changed[asked])


@pytest.mark.parametrize(
    ("stored", "fresh", "same"),
    [
        ("Press the button.", "press  the button.", True),
        ("Press the red button twice.", "The red button: press twice.", True),
        ("It costs 5 euros.", "It costs 6 euros.", False),
        ("It is possible.", "It is not possible.", False),
        ("Ask Anna about it.", "Ask Berta about it.", False),
        ("Go from home to work.", "Go from work to home.", False),
        ("Open the app and choose cards.", "Write a letter.", False),
        ("手数料は無料です。", "手数料がかかります。", False),
    ],
)
def test_answers_are_the_same_only_without_doubt(stored, fresh, same):
    assert equivalent(Reply("answered", stored), Reply("answered", fresh)) is same


def test_objects_are_compared_as_objects():
    one, other = Reply("answered", "a", {"x": 1}), Reply("answered", "b", {"x": 1})
    assert equivalent(one, other)
    assert not equivalent(one, Reply("answered", "a", {"x": 2}))


def test_the_same_misses_at_once_ask_once():
    vendor = Vendor("Press.", seconds=0.02)
    world = memory_world(vendors=MemoryVendors({"small": vendor}))

    async def go():
        handler = compose(stages(world))
        return await asyncio.gather(*(handler(make_call()) for _ in range(20)))

    replies = asyncio.run(go())
    assert [reply.text for reply in replies] == ["Press."] * 20
    assert len(vendor.asked) == 1


def test_where_the_first_fails_the_others_ask_for_themselves():
    vendor = Vendor(Refused("no"), "Press.", seconds=0.02)
    world = memory_world(vendors=MemoryVendors({"small": vendor}))

    async def go():
        handler = compose(stages(world))
        return await asyncio.gather(*(handler(make_call()) for _ in range(3)))

    replies = asyncio.run(go())
    assert sorted(reply.outcome for reply in replies) == ["answered", "answered", "refused"]


def test_nobody_waits_longer_than_the_first_has():
    vendor = Vendor("Press.", seconds=0.05)
    world = memory_world(vendors=MemoryVendors({"small": vendor}))

    async def go():
        handler = compose(stages(world))
        first = asyncio.ensure_future(handler(make_call(seconds=0.01)))
        await asyncio.sleep(0)
        other = await handler(make_call())
        return await first, other

    first, other = asyncio.run(go())
    assert (first.outcome, other.outcome, len(vendor.asked)) == ("refused", "answered", 2)


def test_a_semantic_stage_needs_no_world_to_leave_a_call_alone():
    async def go():
        stage = Semantic(None, None)
        call = make_call(inputs={})

        async def onward(call):
            return Reply("answered", "x")

        return await stage(call, b"", [], onward)

    assert asyncio.run(go()).text == "x"
