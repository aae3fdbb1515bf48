import json
from functools import partial

import pytest

from aiops.providers import errors
from aiops.providers.anthropic import Anthropic, rooted
from aiops.providers.options import AnthropicOptions
from aiops.providers.protocol import ChatRequest, Message, Usage
from tests.providers.conftest import QUICK, chat, request_of, stream, using

SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}}}


@pytest.fixture
def adapter(server):
    return partial(Anthropic, base_url=server.base_url, api_key="sk-ant-secret", policy=QUICK, read_timeout=2)


def test_answer_has_text_usage_and_model(server, adapter):
    reply = chat(adapter)
    assert (reply.text, reply.finish_reason, reply.model, reply.vendor_id) == (
        "Guten Tag",
        "stop",
        "fake-small",
        "msg_fake",
    )
    assert (reply.usage, reply.usage_reported) == (Usage(input=3, output=2), True)


def test_request_is_what_anthropic_documents(server, adapter):
    request = ChatRequest(
        model="m",
        messages=(
            Message("system", "Be brief."),
            Message("user", "hello"),
            Message("assistant", "{"),
            Message("system", "Really."),
        ),
        max_tokens=7,
        temperature=0.2,
        seed=3,
        stop=("END",),
    )
    chat(adapter, request)
    seen = server.requests[-1]
    assert (seen.path, seen.headers["x-api-key"], seen.headers["anthropic-version"]) == (
        "/v1/messages",
        "sk-ant-secret",
        "2023-06-01",
    )
    assert seen.body == {
        "model": "m",
        "max_tokens": 7,
        "system": "Be brief.\n\nReally.",
        "messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "{"}],
        "temperature": 0.2,
        "stop_sequences": ["END"],
    }
    assert Anthropic.unheard == {"seed"}


def test_schema_becomes_a_tool_that_must_be_called(server, adapter):
    answer = {
        "content": [{"type": "tool_use", "name": "answer", "input": {"label": "ü"}}],
        "stop_reason": "tool_use",
    }
    server.script(f"body:{json.dumps(answer)}")
    reply = chat(adapter, request_of(response_schema=SCHEMA))
    assert (reply.text, reply.finish_reason) == ('{"label": "ü"}', "stop")
    assert server.requests[-1].body["tool_choice"] == {"type": "tool", "name": "answer"}
    assert server.requests[-1].body["tools"][0]["input_schema"] == SCHEMA


def test_schema_that_is_no_object_is_refused_before_it_is_sent(server, adapter):
    with pytest.raises(errors.Unsupported, match="schemas whose top is"):
        chat(adapter, request_of(response_schema={"type": "array"}))
    assert server.calls == 0


def test_cache_reads_and_writes_are_classes_of_their_own(server, adapter):
    server.script("usage:cached")
    assert chat(adapter).usage == Usage(input=36, cached_input=64, cache_write=8, output=20)


@pytest.mark.parametrize("fault", ["usage:none", "usage:wrong", "usage:negative"])
def test_unusable_usage_is_estimated_and_said_so(server, adapter, fault):
    server.script(fault)
    reply = chat(adapter)
    assert (reply.usage, reply.usage_reported) == (Usage(input=7, output=3), False)


def test_overload_is_tried_again(server, adapter):
    server.script("529", "429:0")
    assert chat(adapter).attempts == 3


@pytest.mark.parametrize(
    ("body", "text", "finish"),
    [
        ({"content": [{"type": "thinking", "thinking": "…"}, {"type": "text", "text": "a"}]}, "a", "stop"),
        ({"content": [], "stop_reason": "refusal"}, "", "refusal"),
        ({"content": [{"type": "text", "text": "a"}], "stop_reason": "max_tokens"}, "a", "length"),
    ],
)
def test_other_shapes_of_an_answer_are_understood(server, adapter, body, text, finish):
    server.script(f"body:{json.dumps(body)}")
    reply = chat(adapter)
    assert (reply.text, reply.finish_reason) == (text, finish)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": "x"},
        {"content": ["x"]},
        {"content": [{"type": "text", "text": 1}]},
        {"content": [{"type": "tool_use", "input": "x"}]},
    ],
)
def test_answer_of_the_wrong_type_is_a_bad_reply(server, adapter, body):
    server.script(f"body:{json.dumps(body)}")
    with pytest.raises(errors.BadReply, match="answer"):
        chat(adapter)


def test_stream_brings_pieces_and_then_the_whole_reply(server, adapter):
    pieces = stream(adapter, request_of("hello world"))
    assert [piece.text for piece in pieces] == ["hello", " worl", "d", ""]
    reply = pieces[-1].reply
    assert reply is not None
    assert (reply.text, reply.usage, reply.finish_reason, reply.model) == (
        "hello world",
        Usage(input=3, output=2),
        "stop",
        "fake-small",
    )


def test_stream_that_ends_early_is_a_bad_reply(server, adapter):
    server.script("end-early")
    with pytest.raises(errors.BadReply, match="ended before"):
        stream(adapter)


@pytest.mark.parametrize("event", ["not JSON", "[1]"])
def test_event_that_is_no_object_is_a_bad_reply(server, adapter, event):
    server.script(f"event:{event}")
    with pytest.raises(errors.BadReply, match="An event of the stream"):
        stream(adapter)


def test_partial_json_of_a_schema_is_streamed(server, adapter):
    events = [
        {"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}},
        {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": '{"label"'}},
        {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": ': "a"}'}},
        {"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": "x"}},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    server.script("event:" + "\n\ndata: ".join(json.dumps(event) for event in events))
    pieces = stream(adapter, request_of(response_schema=SCHEMA))
    reply = pieces[-1].reply
    assert reply is not None
    assert (reply.text, reply.usage, reply.finish_reason) == (
        '{"label": "a"}',
        Usage(input=5, output=9),
        "stop",
    )


def test_models_are_listed(server, adapter):
    names = using(adapter, lambda opened: opened.models(timeout=5))
    assert (names, server.requests[-1].path) == (("fake-large", "fake-small"), "/v1/models?limit=1000")


@pytest.mark.parametrize(
    "given",
    ["https://api.anthropic.com", "https://api.anthropic.com/v1/", "https://api.anthropic.com/v1/messages"],
)
def test_base_url_may_be_pasted_in_any_form(given):
    assert rooted(given) == "https://api.anthropic.com/v1"


def test_version_and_headers_can_be_set(server, adapter):
    chat(
        partial(
            adapter, options=AnthropicOptions(anthropic_version="2030-01-01", headers={"anthropic-beta": "x"})
        )
    )
    seen = server.requests[-1].headers
    assert (seen["anthropic-version"], seen["anthropic-beta"]) == ("2030-01-01", "x")
