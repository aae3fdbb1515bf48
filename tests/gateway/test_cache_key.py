"""Two calls have the same cache key exactly where the same answer would do for both."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.gateway.messages import Call, Parameters
from aiops.gateway.picture import Instant, Key, Passthrough
from aiops.gateway.stages.cache import key_of
from aiops.providers.protocol import Message
from tests.gateway.world import make_approach, make_call

# Few values, so that calls are often alike; words that run together where they are badly joined.
WORDS = st.sampled_from(("", "a", "b", "ab", '"', "[]", "ä"))
TOOL = st.sampled_from(({"type": "function", "function": {"name": "a"}}, {"type": "function"}))
APPROACHES = st.sampled_from(
    (
        make_approach(),
        make_approach(version_id=4, number=4),
        make_approach(model="large"),
        Passthrough(model="small"),
        Instant(kind="rules", name="summary v3", number=3, version_id=3),
        Instant(kind="classifier", name="summary v3", number=3, version_id=3),
    )
)
MESSAGES = st.builds(
    Message,
    role=st.sampled_from(("user", "assistant")),
    content=WORDS,
    tool_calls=st.lists(TOOL, max_size=1).map(tuple),
    tool_call_id=WORDS,
)


def _parameters(values: dict[str, Any]) -> Parameters:
    return Parameters(**values)


PARAMETERS = st.builds(
    _parameters,
    st.fixed_dictionaries(
        {},
        optional={
            "max_tokens": st.sampled_from((None, 0, 1)),
            "temperature": st.sampled_from((None, 0.0, 0.5)),
            "seed": st.sampled_from((None, 0, 1)),
            "stop": st.lists(WORDS, max_size=2).map(tuple),
            "response_schema": st.sampled_from((None, {}, {"type": "object"})),
            "tools": st.lists(TOOL, max_size=1).map(tuple),
            "tool_choice": st.sampled_from((None, "none", {"type": "function"})),
        },
    ),
)
MATTERS: dict[str, Any] = {
    "tenant": st.sampled_from(("acme", "globex")),
    "approach": APPROACHES,
    "inputs": st.dictionaries(st.sampled_from(("x", "y")), WORDS, max_size=2),
    "messages": st.lists(MESSAGES, max_size=2).map(tuple),
    "parameters": PARAMETERS,
    "locale": st.sampled_from(("", "de", "en")),
    "category": st.sampled_from(("unknown", "refund")),
}
OF_FEATURE: dict[str, Any] = {
    "slug": st.sampled_from(("summary", "a")),
    "policy_number": st.integers(0, 1),
    "knowledge_revision": st.integers(0, 1),
}
FACTS = st.fixed_dictionaries(
    {"call": st.fixed_dictionaries(MATTERS), "feature": st.fixed_dictionaries(OF_FEATURE)}
)
IGNORED = st.fixed_dictionaries(
    {
        "id": WORDS,
        "user": WORDS,
        "metadata": st.dictionaries(WORDS, WORDS, max_size=2),
        "key": WORDS.map(lambda name: Key(id=name, digest="", tenant=None)),
        "arm": st.sampled_from(("stable", "candidate")),
        "stream": st.booleans(),
        "deadline": st.floats(0, 1e6),
    }
)


def call_of(facts: dict[str, Any], beside: dict[str, Any] | None = None, *, shared: bool = False) -> Call:
    async def go() -> Call:
        policy = {"cache": {"shared": shared}}
        call = make_call(policy, **facts["call"], **(beside or {}))
        feature = call.feature.model_copy(update=facts["feature"])
        return Call(**{name: getattr(call, name) for name in Call.__slots__} | {"feature": feature})

    return asyncio.run(go())


@settings(max_examples=40, derandomize=True)
@given(FACTS, FACTS)
def test_keys_are_alike_where_calls_are(one, other):
    assert (key_of(call_of(one)) == key_of(call_of(other))) == (one == other)


@settings(max_examples=40, derandomize=True)
@given(FACTS, st.data())
def test_any_single_change_that_may_change_the_answer_changes_the_key(facts, data):
    part, values = data.draw(st.sampled_from((("call", MATTERS), ("feature", OF_FEATURE))))
    name = data.draw(st.sampled_from(sorted(values)))
    value = data.draw(values[name].filter(lambda drawn: drawn != facts[part][name]))
    changed = {**facts, part: {**facts[part], name: value}}
    assert key_of(call_of(facts)) != key_of(call_of(changed))


@settings(max_examples=20, derandomize=True)
@given(FACTS, IGNORED)
def test_who_asks_when_and_why_changes_nothing(facts, beside):
    assert key_of(call_of(facts)) == key_of(call_of(facts, beside))


@settings(max_examples=20, derandomize=True)
@given(FACTS)
def test_the_order_of_inputs_changes_nothing(facts):
    turned = {**facts["call"], "inputs": dict(reversed(facts["call"]["inputs"].items()))}
    assert key_of(call_of(facts)) == key_of(call_of({**facts, "call": turned}))


@pytest.mark.parametrize("shared", [False, True])
def test_tenants_share_answers_only_where_the_policy_says_so(shared):
    drawn = {"call": {"inputs": {"x": "a"}}, "feature": {}}
    keys = {
        key_of(call_of({**drawn, "call": {**drawn["call"], "tenant": tenant}}, shared=shared))
        for tenant in ("acme", "globex", "")
    }
    assert len(keys) == (1 if shared else 3)


def test_a_shared_answer_is_not_an_unshared_one_of_a_tenant():
    drawn = {"call": {"inputs": {"x": "a"}}, "feature": {}}
    assert key_of(call_of(drawn)) != key_of(call_of(drawn, shared=True))
