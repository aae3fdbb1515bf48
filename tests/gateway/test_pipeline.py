"""The whole pipeline on ports in memory."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from aiops.gateway.memory import (
    MemoryApproaches,
    MemoryCache,
    MemoryLedger,
    MemoryLimiter,
    MemoryRecorder,
    MemoryTickets,
    MemoryVendors,
    memory_world,
)
from aiops.gateway.messages import Call, Reply
from aiops.gateway.picture import Flag, Instant, Stop
from aiops.gateway.pipeline import compose, stages
from aiops.providers.errors import RateLimited, Refused, ServerError, Timeout
from tests.gateway.world import Vendor, make_approach, make_call, make_model

TEXT = {"kind": "text", "text": "Later, please.", "by_locale": {"ja": "後ほど"}}


def run(vendor: Vendor | dict[str, Vendor] | None = None, *, calls: int = 1, **given: Any):
    """The replies to `calls` equal calls, one after the other, and the world that they met."""
    vendors = (
        vendor
        if isinstance(vendor, dict)
        else {"small": vendor or Vendor("Fine."), "large": Vendor("Large.")}
    )
    ports = {
        name: given.pop(name)
        for name in ("ledger", "limiter", "cache", "approaches", "tickets")
        if name in given
    }
    world = memory_world(vendors=MemoryVendors(vendors), **ports)

    async def go() -> list[Reply]:
        handler = compose(stages(world))
        return [await handler(make_call(**given)) for _ in range(calls)]

    return asyncio.run(go()), world


def test_a_call_is_answered_priced_and_recorded():
    (reply,), world = run()
    record = world.recorder.records[0]
    assert (reply.outcome, reply.text, reply.model) == ("answered", "Fine.", "small")
    assert (record["cost"], record["tokens"]["output"], record["cache"]) == ("0.015", 5, "miss")
    assert [span["stage"] for span in record["spans"]] == [
        "recorder", "fallback", "kill_switch", "cache", "approval", "breaker", "router", "retrieval",
        "guardrails", "approach",
    ]  # fmt: skip  # short names, packed: they would fill the page
    assert world.ledger.held == 0
    assert world.ledger.spent == Decimal("0.015")


def test_the_same_call_again_comes_from_the_cache_for_nothing():
    replies, world = run(calls=2)
    assert [reply.outcome for reply in replies] == ["answered", "cached"]
    assert world.recorder.records[1]["cost"] == "0"
    assert world.ledger.spent == Decimal("0.015")


@pytest.mark.parametrize(
    ("stop", "flag"),
    [
        (Stop(scope="global"), None),
        (Stop(scope="tenant", target="acme"), None),
        (Stop(scope="feature", target="summary"), None),
        (Stop(scope="model", target="small"), None),
        (Stop(scope="tenant", target="globex"), Flag(key="summary", on=False)),
    ],
)
def test_a_stopped_feature_answers_with_its_text_and_never_from_the_cache(stop, flag):
    cache = MemoryCache()
    run(cache=cache)
    policy = {"fallbacks": [{"kind": "cached"}, TEXT]}
    (reply,), world = run(policy=policy, cache=cache, stops=(stop,), flag=flag, models=(make_model(),))
    assert (reply.outcome, reply.text, reply.fallback.by) == ("degraded", "Later, please.", "text")
    assert world.ledger.spent == 0


def test_a_stop_of_another_tenant_stops_nobody_else():
    (reply,), _ = run(stops=(Stop(scope="tenant", target="globex"),))
    assert reply.outcome == "answered"


def test_without_a_fallback_a_stop_is_the_error_of_the_contract():
    (reply,), world = run(stops=(Stop(scope="global", reason="drill"),))
    assert (reply.outcome, reply.error.status, reply.error.code) == ("refused", 503, "feature_disabled")
    assert (world.recorder.records[0]["reason"], world.recorder.records[0]["outcome"]) == (
        "kill_switch",
        "refused",
    )


@pytest.mark.parametrize(
    ("on", "when_unknown", "outcome"), [(None, True, "answered"), (None, False, "refused")]
)
def test_a_flag_that_nobody_knows_does_what_it_says_for_that_case(on, when_unknown, outcome):
    (reply,), _ = run(flag=Flag(key="summary", on=on, when_unknown=when_unknown))
    assert reply.outcome == outcome


def test_a_flag_for_some_tenants_is_on_for_those_alone():
    flag = Flag(key="summary", on=True, limited=True, tenants=frozenset({"acme"}), salt="s")
    assert run(flag=flag)[0][0].outcome == "answered"
    assert run(flag=flag, tenant="globex")[0][0].error.reason == "flag_off"


def test_a_budget_is_never_passed_by_calls_at_once():
    ledger = MemoryLedger(Decimal("0.50"))
    world = memory_world(ledger=ledger, vendors=MemoryVendors({"small": Vendor("x", seconds=0.01)}))

    async def go() -> list[Reply]:
        handler = compose(stages(world))
        policy = {"cache": {"on": False}}
        return await asyncio.gather(*(handler(make_call(policy)) for _ in range(100)))

    replies = asyncio.run(go())
    assert {reply.outcome for reply in replies} == {"answered", "refused"}
    assert ledger.spent <= Decimal("0.50")
    assert ledger.held == 0
    assert {reply.error.code for reply in replies if reply.error} == {"budget_exceeded"}


def test_a_model_without_a_price_is_never_called():
    vendor = Vendor("x")
    (reply,), _ = run(vendor, models=(make_model(rates=None),))
    assert (reply.error.code, vendor.asked) == ("budget_exceeded", [])


def test_too_many_calls_at_once_get_the_fallback_unless_the_policy_refuses():
    policy = {"fallbacks": [TEXT]}
    (reply,), _ = run(policy=policy, limiter=MemoryLimiter(0), locale="ja-JP")
    assert (reply.text, reply.fallback.reason) == ("後ほど", "rate_limit")
    (reply,), _ = run(policy={**policy, "breaker": {"when_over": "refuse"}}, limiter=MemoryLimiter(0))
    assert (reply.outcome, reply.error.status, reply.error.retry_after) == ("refused", 429, 1)


def test_everybody_leaves_the_limiter():
    _, world = run(calls=3)
    assert (world.limiter.entered, world.limiter.inside) == (1, 0)  # two came from the cache


def test_a_failure_that_may_pass_is_tried_again_and_each_try_is_paid_for():
    (reply,), world = run(Vendor(ServerError("busy"), "Fine."))
    assert reply.text == "Fine."
    assert [one["cost"] for one in world.recorder.records[0]["attempts"]] == ["0", "0.015"]


def test_a_request_that_the_vendor_refuses_goes_to_the_next_candidate():
    vendors = {"small": Vendor(Refused("no")), "large": Vendor("Large.")}
    (reply,), _ = run(vendors, policy={"router": {"candidates": ["large"]}})
    assert (reply.text, reply.model, len(vendors["small"].asked)) == ("Large.", "large", 1)


def test_a_long_retry_after_turns_to_another_model_at_once():
    vendors = {"small": Vendor(RateLimited("slow down", retry_after=30)), "large": Vendor("Large.")}
    (reply,), _ = run(vendors, policy={"router": {"candidates": ["large"]}})
    assert (reply.model, len(vendors["small"].asked)) == ("large", 1)


def test_a_timeout_counts_its_worst_case():
    (reply,), world = run(Vendor(Timeout("no answer")), policy={"attempts": 1})
    record = world.recorder.records[0]
    assert reply.error.code == "provider_error"
    assert record["cost"] == record["unaccounted"] == str(world.ledger.spent)
    assert world.ledger.held == 0


def test_the_deadline_bounds_a_vendor_that_hangs():
    (reply,), world = run(Vendor("late", seconds=60), seconds=0.05, policy={"fallbacks": [TEXT]})
    assert (reply.outcome, reply.fallback.reason) == ("degraded", "timeout")
    assert world.ledger.held == 0
    assert world.ledger.spent > 0  # nobody knows what the vendor did


def test_a_request_that_fails_again_and_again_is_refused_for_a_while():
    vendor = Vendor(Refused("no"))
    replies, _ = run(vendor, calls=4, policy={"breaker": {"retry_loop": {"failures": 2}}})
    assert [reply.error.code for reply in replies] == ["provider_error"] * 2 + ["retry_loop"] * 2
    assert len(vendor.asked) == 2


def test_the_fallbacks_are_tried_in_order():
    vendor = Vendor(Refused("no"))
    policy = {"fallbacks": [{"kind": "cached"}, {"kind": "rules", "rule_set": "basic"}, TEXT]}
    sets = {"basic": Instant(kind="rules", name="basic", number=2, version_id=7)}
    rules = MemoryApproaches({"basic": "By rule."})
    (reply,), _ = run(vendor, policy=policy, approaches=rules, rule_sets=sets)
    assert (reply.text, reply.fallback.by, reply.fallback.reason) == ("By rule.", "rules", "provider_error")
    (reply,), _ = run(vendor, policy=policy)
    assert reply.fallback.by == "text"


def test_a_person_answers_where_the_feature_says_so():
    tickets = MemoryTickets()
    (reply,), _ = run(Vendor(Refused("no")), policy={"fallbacks": [{"kind": "person"}]}, tickets=tickets)
    assert (reply.outcome, reply.ticket.kind) == ("queued", "person")
    assert tickets.opened[0][:2] == ("person", "provider_error")


def test_the_last_good_answer_stands_in_for_a_vendor_that_is_away():
    cache = MemoryCache()
    run(cache=cache)
    policy = {"fallbacks": [{"kind": "cached"}], "cache": {"ttl_seconds": 1}}
    for key, (at, reply) in cache.kept.items():
        cache.kept[key] = (at - 60, reply)
    (reply,), _ = run(Vendor(Refused("no")), policy=policy, cache=cache)
    assert (reply.outcome, reply.text, reply.fallback.by) == ("degraded", "Fine.", "cached")


SCHEMA = {"type": "object", "required": ["mood"], "properties": {"mood": {"enum": ["good", "bad"]}}}


def test_an_answer_that_breaks_the_schema_is_mended_once():
    vendor = Vendor('{"mood": "so-so"}', '{"mood": "good"}')
    (reply,), world = run(vendor, approach=make_approach(output_schema=SCHEMA))
    assert (reply.structured, reply.checks[0].passed) == ({"mood": "good"}, True)
    assert "$.mood: 'so-so' is not one of" in vendor.asked[1].messages[-1].content
    assert len(world.recorder.records[0]["attempts"]) == 2


def test_an_answer_that_stays_wrong_is_rejected():
    (reply,), _ = run(Vendor("no JSON"), approach=make_approach(output_schema=SCHEMA))
    assert (reply.error.status, reply.error.code) == (422, "output_rejected")


def test_a_guardrail_that_observes_lets_the_answer_pass():
    (reply,), _ = run(
        Vendor("no JSON"),
        approach=make_approach(output_schema=SCHEMA),
        policy={"guardrails": {"json_schema": "observe"}},
    )
    assert (reply.outcome, reply.checks[0].passed, reply.checks[0].enforced) == ("answered", False, False)


def test_a_held_answer_waits_for_a_person_and_is_not_cached():
    tickets = MemoryTickets()
    replies, world = run(calls=2, policy={"approval": {"hold": "all"}}, tickets=tickets)
    assert [(reply.outcome, reply.text) for reply in replies] == [("queued", "")] * 2
    assert tickets.opened[0][3].text == "Fine."
    assert world.cache.kept == {}


def test_a_rule_set_answers_for_nothing():
    rules = Instant(kind="rules", name="basic", number=2, version_id=9)
    (reply,), world = run(approach=rules, approaches=MemoryApproaches({"basic": "By rule."}))
    assert (reply.text, reply.model, world.recorder.records[0]["cost"]) == ("By rule.", "basic v2", "0")


def test_an_input_that_is_missing_is_named_and_gets_no_fallback():
    (reply,), _ = run(policy={"fallbacks": [TEXT]}, inputs={})
    assert (reply.outcome, reply.error.status, reply.error.code) == ("refused", 400, "invalid_inputs")
    assert "'ticket'" in reply.error.message


async def _stream(world, call: Call, pieces: int | None = None) -> tuple[Reply, list[str]]:
    reply = await compose(stages(world))(call)
    heard: list[str] = []
    async for piece in reply.live:
        heard.append(piece)
        if len(heard) == pieces:
            await reply.live.abandon()
            break
    return reply.live.reply, heard


def _streamed(text: str, pieces: int | None = None):
    world = memory_world(vendors=MemoryVendors({"small": Vendor(text)}))

    async def go():
        return await _stream(world, make_call(stream=True), pieces)

    return asyncio.run(go()), world


def test_a_stream_is_recorded_and_cached_when_it_is_whole():
    (reply, heard), world = _streamed("one two three")
    assert heard == ["one ", "two ", "three "]
    assert (reply.text, world.recorder.records[0]["output"]) == ("one two three", "one two three")
    assert (len(world.cache.kept), world.limiter.inside, world.ledger.held) == (1, 0, 0)


def test_a_caller_that_goes_away_stops_the_stream_and_its_cost_counts():
    (reply, _), world = _streamed("one two three", pieces=1)
    assert reply.finish_reason == "cancelled"
    assert world.ledger.spent == Decimal(world.recorder.records[0]["unaccounted"]) > 0
    assert (world.cache.kept, world.limiter.inside, world.ledger.held) == ({}, 0, 0)


def test_a_stream_that_breaks_off_is_recorded_as_such():
    recorder, limiter = MemoryRecorder(), MemoryLimiter()
    vendors = MemoryVendors({"small": Vendor("one BREAK")})
    world = memory_world(vendors=vendors, recorder=recorder, limiter=limiter)

    async def go():
        with pytest.raises(Exception, match="broke off"):
            await _stream(world, make_call(stream=True))

    asyncio.run(go())
    assert [(record["outcome"], record["reason"]) for record in recorder.records] == [
        ("refused", "provider_error")
    ]
    assert limiter.inside == 0


def test_a_provider_that_fails_in_a_row_is_left_alone():
    vendor = Vendor(ServerError("down"))
    policy = {"attempts": 1, "breaker": {"retry_loop": {"failures": 100}}}
    replies, _ = run(vendor, calls=7, policy=policy)
    assert len(vendor.asked) == 5
    assert "left alone" in replies[-1].error.message
