"""Whatever pieces an answer comes in, the caller's stream says the same: text, tool calls, usage, end."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.gateway import streams
from aiops.gateway.messages import Live, Reply
from aiops.providers.protocol import Usage
from tests.gateway.world import make_call

CHUNKS = st.lists(st.text(max_size=5), max_size=8)
TOOLS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.text(max_size=3),
            "type": st.just("function"),
            "function": st.fixed_dictionaries({"name": st.just("find"), "arguments": st.text(max_size=8)}),
        }
    ),
    min_size=1,
    max_size=3,
).map(tuple)
USAGES = st.builds(Usage, *[st.integers(0, 9)] * 5)


def streamed(reply: Reply, *, with_usage: bool = True) -> tuple[list[dict[str, Any]], list[bytes]]:
    async def go() -> list[bytes]:
        return [event async for event in streams.events(make_call(), reply, with_usage=with_usage)]

    said = asyncio.run(go())
    assert said[-1] == b"data: [DONE]\n\n"
    return [json.loads(event.removeprefix(b"data: ")) for event in said[:-1]], said


def live_of(chunks: list[str], usage: Usage) -> Reply:
    whole = Reply("answered", text="".join(chunks), usage=usage, model="small")

    async def pieces() -> AsyncGenerator[str | Reply, None]:
        for chunk in chunks:
            yield chunk
        yield whole

    return Reply("answered", model="small", live=Live(pieces()))


def text_of(events: list[dict[str, Any]]) -> str:
    deltas = [choice["delta"] for event in events for choice in event["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)


@settings(max_examples=30, derandomize=True)
@given(CHUNKS, USAGES)
def test_any_pieces_are_one_answer(chunks, usage):
    events, raw = streamed(live_of(chunks, usage))
    assert text_of(events) == "".join(chunks)
    assert all(event.count(b"\n") == 2 and event.endswith(b"\n\n") for event in raw)  # one line each
    assert [choice["finish_reason"] for choice in events[-2]["choices"]] == ["stop"]
    last = events[-1]["usage"]
    assert (
        last["total_tokens"]
        == last["prompt_tokens"] + last["completion_tokens"]
        == sum((usage.input, usage.cached_input, usage.cache_write, usage.output, usage.reasoning))
    )


@settings(max_examples=30, derandomize=True)
@given(CHUNKS, USAGES)
def test_an_answer_checked_first_says_the_same_as_one_that_was_not(chunks, usage):
    live, _ = streamed(live_of(chunks, usage))
    whole, _ = streamed(Reply("answered", text="".join(chunks), usage=usage, model="small"))
    assert text_of(live) == text_of(whole)
    assert (live[-2]["choices"], live[-1]["usage"]) == (whole[-2]["choices"], whole[-1]["usage"])


@settings(max_examples=20, derandomize=True)
@given(st.text(max_size=5), TOOLS)
def test_tool_calls_arrive_whole_and_numbered(text, tools):
    reply = Reply("answered", text=text, tool_calls=tools, finish_reason="tool_calls", model="small")
    events, _ = streamed(reply, with_usage=False)
    deltas = [delta for event in events for choice in event["choices"] for delta in [choice["delta"]]]
    found = [call for delta in deltas for call in delta.get("tool_calls", ())]
    assert found == [{"index": index, **call} for index, call in enumerate(tools)]
    assert text_of(events) == text
    assert events[-1]["choices"][0]["finish_reason"] == "tool_calls"
