"""The router of the demo chooses the models of the last days' calls, and both are asked now and then."""

from datetime import UTC, datetime, timedelta
from random import Random

from aiops.demo import deciding, records, routing, shape
from aiops.demo.served import By, on_another
from aiops.gateway.routing import Routed

NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
SINCE = NOW - timedelta(days=2)
FEATURE = "ticket-triage"
LARGE = By("prompt", "ticket-triage v3", 3, 3, "sim-large", 300)
EVER = datetime.min.replace(tzinfo=UTC)


def past(said, share=100.0):
    router = routing.Routing(FEATURE, SINCE, "sim-small", share, said)
    serving = {FEATURE: on_another([(EVER, LARGE)], "sim-small", SINCE)}
    return records.Past(NOW, serving, deciding.wanted().stop, {"acme": "acme0001"}, routing=router)


def everywhere(model, other):
    samples = [one for rows in shape.samples(FEATURE).values() for one in rows]
    return {routing.key(one): Routed(model, other, "score", 1, 0.9, 0.5) for one in samples}


def test_calls_go_where_the_router_says_and_before_it_to_the_model_that_served():
    made = list(records.calls(past(everywhere("sim-large", "sim-small"), share=0.0)))
    models = {(one["model"], one["at"] >= SINCE.timestamp()) for one in made}
    assert models == {("sim-small", False), ("sim-large", True)}
    decided = [one for one in made if one["outcome"] == "answered" and one["at"] >= SINCE.timestamp()]
    facts = {tuple(span["facts"].items()) for span in decided[0]["spans"] if span["stage"] == "router"}
    assert facts == {(("router", 1), ("why", "score"), ("score", 0.9), ("threshold", 0.5))}


def test_a_share_is_asked_of_both_at_our_own_expense():
    made = list(records.calls(past(everywhere("sim-small", "sim-large"))))
    others = [one for one in made if one["tenant"] == "internal"]
    firsts = {one["id"]: one for one in made if one["tenant"] != "internal"}
    assert {(one["model"], one["arm"], one["served_by"]) for one in others} == {
        ("sim-large", "internal", "both")
    }
    assert {firsts[one["metadata"]["routes"]]["model"] for one in others} == {"sim-small"}
    assert len(others) == sum(
        one["outcome"] == "answered" and one["at"] >= SINCE.timestamp() for one in firsts.values()
    )


def test_what_the_router_does_not_decide_is_asked_of_one():
    said = {name: Routed("sim-large", "sim-small", "locale", 1) for name in everywhere("", "")}
    one = records.Asked(
        NOW, "acme", "agent-1", FEATURE, shape.samples(FEATURE)["ja"][0], LARGE, "stable", records.End(),
        said[routing.key(shape.samples(FEATURE)["ja"][0])],
    )  # fmt: skip  # arguments by what they belong to
    assert records._other(past(said), one, "call_1", Random(1)) is None
