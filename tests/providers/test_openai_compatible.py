import asyncio
import json
from functools import partial

import pytest

from aiops.providers import errors
from aiops.providers.openai_compatible import OpenAICompatible, rooted
from aiops.providers.options import OpenAIOptions
from aiops.providers.protocol import ChatPiece, ChatRequest, Message, Usage
from aiops.providers.retry import ONCE
from tests.fakes.answers import fixed
from tests.providers.conftest import QUICK, chat, request_of, stream, using

KEY = "sk-a-secret-that-nobody-may-see"


@pytest.fixture
def adapter(server):
    return partial(OpenAICompatible, base_url=server.base_url, api_key=KEY, policy=QUICK, read_timeout=2)


def test_answer_has_text_usage_and_model(server, adapter):
    reply = chat(adapter)
    assert (reply.text, reply.finish_reason, reply.model, reply.vendor_id) == (
        "Guten Tag",
        "stop",
        "fake-small",
        "chatcmpl-fake",
    )
    assert (reply.usage, reply.usage_reported, reply.attempts) == (Usage(input=2, output=2), True, 1)
    assert reply.raw["object"] == "chat.completion"


def test_request_is_what_openai_documents(server, adapter):
    request = ChatRequest(
        model="m",
        messages=(Message("system", "Be brief."), Message("user", "日本")),
        max_tokens=7,
        temperature=0.2,
        seed=3,
        stop=("END",),
        response_schema={"type": "object"},
    )
    chat(adapter, request)
    seen = server.requests[-1]
    assert (seen.path, seen.headers["authorization"]) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert seen.headers["content-type"] == "application/json"
    assert seen.body == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "日本"}],
        "max_tokens": 7,
        "temperature": 0.2,
        "seed": 3,
        "stop": ["END"],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": {"type": "object"}, "strict": False},
        },
    }


def test_nothing_is_sent_that_was_not_asked_for(server, adapter):
    chat(adapter)
    assert sorted(server.requests[-1].body) == ["max_tokens", "messages", "model"]


def test_without_key_no_authorization_is_sent(server, adapter):
    chat(partial(adapter, api_key=""))
    assert "authorization" not in server.requests[-1].headers


@pytest.mark.parametrize("fault", ["408", "409", "429", "500", "503", "529", "reset"])
def test_passing_failures_are_tried_again(server, adapter, fault):
    server.script(fault, fault)
    assert chat(adapter).attempts == 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("429", errors.RateLimited),
        ("500", errors.ServerError),
        ("409", errors.ServerError),
        ("reset", errors.Unreachable),
    ],
)
def test_failure_that_stays_is_raised_after_four_attempts(server, adapter, fault, kind):
    server.always = fault
    with pytest.raises(kind) as caught:
        chat(adapter)
    assert (caught.value.attempts, server.calls) == (4, 4)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("400", errors.Refused),
        ("401", errors.BadKey),
        ("403", errors.BadKey),
        ("404", errors.Refused),
        ("422", errors.Refused),
        ("202", errors.Refused),
        ("redirect:http://127.0.0.1:9/v1?token=1", errors.Refused),
        ("html", errors.BadReply),
        ("truncated", errors.BadReply),
        ("empty", errors.BadReply),
        ("list", errors.BadReply),
        ("null", errors.BadReply),
        ("huge", errors.BadReply),
    ],
)
def test_failure_that_again_does_not_mend_is_raised_at_once(server, adapter, fault, kind):
    server.always = fault
    with pytest.raises(kind) as caught:
        chat(adapter)
    assert (caught.value.attempts, server.calls, caught.value.retryable) == (1, 1, False)


def test_redirect_is_named_and_not_followed(server, adapter):
    server.script(f"redirect:{server.base_url}/elsewhere?token=1")
    with pytest.raises(errors.Refused) as caught:
        chat(adapter)
    assert caught.value.message == (
        f"Redirected (307) to {server.base_url}/elsewhere. Redirects are not followed: "
        "set the base URL to the final address."
    )
    assert server.calls == 1


def test_retry_after_is_waited_for(server, adapter):
    server.script("429:0.3")
    reply = chat(adapter, timeout=5)
    assert reply.attempts == 2


def test_retry_after_beyond_the_deadline_gives_up_at_once(server, adapter):
    server.script("429:30")
    with pytest.raises(errors.RateLimited) as caught:
        chat(adapter, timeout=1)
    assert (caught.value.retry_after, caught.value.status) == (30, 429)


def test_whole_answer_has_a_deadline(server, adapter):
    server.always = "stall"
    with pytest.raises(errors.Timeout, match=r"within 0\.2 s"):
        chat(adapter, timeout=0.2)


def test_silence_has_a_limit_of_its_own(server, adapter):
    server.always = "stall"
    with pytest.raises(errors.Timeout, match="fell silent"):
        chat(partial(adapter, read_timeout=0.2), timeout=5)


def test_nobody_listening_is_said_in_words(server):
    with pytest.raises(errors.Unreachable, match="nothing listens there"):
        chat(partial(OpenAICompatible, base_url="http://127.0.0.1:9/v1", policy=QUICK))


def test_key_is_struck_out_of_what_the_vendor_says(server, adapter):
    server.script("400")
    with pytest.raises(errors.Refused) as caught:
        chat(partial(adapter, api_key="fault 400"))
    assert caught.value.message == "The vendor refused the request (400): [key] on demand"


def test_long_complaint_is_cut(server, adapter):
    server.script("400:long")
    with pytest.raises(errors.Refused) as caught:
        chat(adapter)
    assert len(caught.value.message) < 400


@pytest.mark.parametrize("fault", ["usage:none", "usage:wrong", "usage:negative"])
def test_unusable_usage_is_estimated_and_said_so(server, adapter, fault):
    server.script(fault)
    reply = chat(adapter)
    assert (reply.usage, reply.usage_reported) == (Usage(input=7, output=3), False)


def test_cached_and_reasoning_tokens_are_classes_of_their_own(server, adapter):
    server.script("usage:cached", "usage:reasoning")
    assert chat(adapter).usage == Usage(input=36, cached_input=64, output=20)
    assert chat(adapter).usage == Usage(input=100, output=20, reasoning=30)


def test_text_that_no_database_can_hold_is_replaced(server, adapter):
    server.answer = fixed("a\x00b\ud800c 日")
    assert chat(adapter).text == "a\ufffdb\ufffdc 日"


def test_model_that_wants_the_newer_limit_gets_it_from_then_on(server, adapter):
    server.answer = fixed("ok")
    seen_old = []

    def next_fault():
        old = "max_tokens" in server.requests[-1].body
        seen_old.append(old)
        return "newer-limit" if old else ""

    server.next_fault = next_fault

    async def twice(opened):
        await opened.chat(request_of(), timeout=5)
        return await opened.chat(request_of(), timeout=5)

    assert using(adapter, twice).text == "ok"
    assert seen_old == [True, False, False]
    assert server.requests[-1].body["max_completion_tokens"] == 50


def test_options_shape_the_request(server, adapter):
    options = OpenAIOptions(
        headers={"OpenAI-Organization": "org-1"},
        extra_body={"reasoning_effort": "low"},
        max_tokens_field="max_completion_tokens",
        response_format="json_object",
        key_header="api-key",
    )
    chat(partial(adapter, options=options), request_of(response_schema={"type": "object"}))
    seen = server.requests[-1]
    assert (seen.headers["openai-organization"], seen.headers["api-key"]) == ("org-1", KEY)
    assert (seen.body["reasoning_effort"], seen.body["max_completion_tokens"]) == ("low", 50)
    assert seen.body["response_format"] == {"type": "json_object"}


def test_schema_can_be_left_to_the_prompt(server, adapter):
    options = OpenAIOptions(response_format="none")
    chat(partial(adapter, options=options), request_of(response_schema={"type": "object"}))
    assert "response_format" not in server.requests[-1].body


def test_azure_deployments_have_their_own_paths(server, adapter):
    root = server.base_url.removesuffix("/v1") + "/openai"
    chat(partial(adapter, base_url=root, options=OpenAIOptions(api_version="2024-10-21")))
    assert (
        server.requests[-1].path == "/openai/deployments/fake-small/chat/completions?api-version=2024-10-21"
    )


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("http://localhost:11434/", "http://localhost:11434/v1"),
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1"),
        ("https://api.groq.com/openai/v1/", "https://api.groq.com/openai/v1"),
    ],
)
def test_base_url_may_be_pasted_in_any_form(given, root):
    assert rooted(given) == root


def test_wrong_path_names_the_address_that_was_asked(server, adapter):
    server.script("404")
    with pytest.raises(errors.Refused) as caught:
        chat(adapter)
    assert caught.value.message == (
        "The vendor refused the request (404): fault 404 on demand. "
        f"Asked was {server.base_url}/chat/completions."
    )


def test_https_to_a_plain_server_is_said(server, adapter):
    secure = server.base_url.replace("http://", "https://")
    with pytest.raises(errors.Unreachable, match="does not speak TLS"):
        chat(partial(adapter, base_url=secure, policy=ONCE))


def test_proxy_stands_in_the_way(server, adapter):
    options = OpenAIOptions(proxy=server.base_url.removesuffix("/v1"))
    reply = chat(partial(adapter, base_url="http://vendor.internal/v1", options=options))
    assert (reply.text, server.requests[-1].path) == (
        "Guten Tag",
        "http://vendor.internal/v1/chat/completions",
    )


def test_models_are_listed(server, adapter):
    names = using(adapter, lambda opened: opened.models(timeout=5))
    assert (names, server.requests[-1].path) == (("fake-large", "fake-small"), "/v1/models")


def test_stream_brings_pieces_and_then_the_whole_reply(server, adapter):
    pieces = stream(adapter, request_of("hello world"))
    assert [piece.text for piece in pieces] == ["hello", " worl", "d", ""]
    assert pieces[:-1] == [ChatPiece("hello"), ChatPiece(" worl"), ChatPiece("d")]
    reply = pieces[-1].reply
    assert reply is not None
    assert (reply.text, reply.usage, reply.usage_reported, reply.finish_reason) == (
        "hello world",
        Usage(input=2, output=2),
        True,
        "stop",
    )
    assert server.requests[-1].body["stream_options"] == {"include_usage": True}


def test_stream_is_tried_again_until_its_first_piece(server, adapter):
    server.script("500", "reset")
    assert stream(adapter)[-1].reply.text == "Guten Tag"


def test_stream_cut_off_is_unreachable_and_not_repeated(server, adapter):
    server.script("cut")
    with pytest.raises(errors.Unreachable, match="broke"):
        stream(adapter, request_of("a longer text to be streamed"))
    assert server.calls == 1


def test_error_event_before_the_first_piece_is_tried_again(server, adapter):
    server.answer = fixed("")  # no piece of text: the error is the second event
    server.script("stream-error")
    assert stream(adapter)[-1].reply.text == ""
    assert server.calls == 2


def test_error_event_within_a_stream_is_raised(server, adapter):
    server.script("stream-error")
    with pytest.raises(errors.ServerError, match="Overloaded"):
        stream(adapter)


def test_first_piece_has_a_deadline(server, adapter):
    server.script("late:1")
    with pytest.raises(errors.Timeout, match=r"within 0\.2 s"):
        stream(adapter, timeout=0.2)


def test_stream_may_go_on_after_the_deadline_of_its_first_piece(server, adapter):
    server.script("drip:0.1")
    assert (
        stream(adapter, request_of("twenty characters ok"), timeout=0.5)[-1].reply.text
        == "twenty characters ok"
    )


def test_whole_answer_where_a_stream_was_asked_for_is_refused(server, adapter):
    server.script("html")
    with pytest.raises(errors.BadReply, match="no event stream"):
        stream(adapter)


def test_stream_left_early_gives_its_connection_back(server, adapter):
    async def leave(opened):
        pieces = opened.stream(request_of("a longer text to be streamed"), timeout=5)
        first = await anext(pieces)
        await pieces.aclose()
        return first.text, (await opened.chat(request_of(), timeout=5)).text

    assert using(partial(adapter, concurrency=1), leave) == ("a lon", "Guten Tag")


def test_no_more_connections_than_the_concurrency(server, adapter):
    server.latency = 0.05

    async def many(opened):
        await asyncio.gather(*(opened.chat(request_of(), timeout=5) for _ in range(12)))

    using(partial(adapter, concurrency=4), many)
    assert server.most_in_flight == 4


def test_no_credit_is_not_waited_for(server, adapter):
    server.always = "no-credit"
    with pytest.raises(errors.NoCredit):
        chat(adapter)
    assert server.calls == 1


def test_vendor_may_forbid_another_attempt(server, adapter):
    server.always = "final"
    with pytest.raises(errors.ServerError):
        chat(adapter)
    assert server.calls == 1


def test_compressed_answer_is_read_although_none_was_asked_for(server, adapter):
    server.script("gzip")
    assert (chat(adapter).text, server.requests[-1].headers["accept-encoding"]) == ("some text", "identity")


BODIES = {
    "parts": (
        {
            "choices": [
                {"message": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}}
            ]
        },
        "ab",
    ),
    "refusal": ({"choices": [{"message": {"content": None, "refusal": "No."}}]}, "No."),
    "all reasoning": ({"choices": [{"message": {"content": None}, "finish_reason": "length"}]}, ""),
    "no finish": ({"choices": [{"message": {"content": "x"}, "finish_reason": None}]}, "x"),
}


@pytest.mark.parametrize("name", BODIES)
def test_other_shapes_of_an_answer_are_understood(server, adapter, name):
    body, text = BODIES[name]
    server.script(f"body:{json.dumps(body)}")
    assert chat(adapter).text == text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": []},
        {"choices": {}},
        {"choices": ["x"]},
        {"choices": [{}]},
        {"choices": [{"message": "x"}]},
        {"choices": [{"message": {"content": 7}}]},
        {"choices": [{"message": {"content": None}}]},
        {"choices": [{"message": {"content": ["x"]}}]},
        {"choices": [{"message": {"content": [{"type": "text", "text": 1}]}}]},
    ],
)
def test_answer_of_the_wrong_type_is_a_bad_reply(server, adapter, body):
    server.script(f"body:{json.dumps(body)}")
    with pytest.raises(errors.BadReply, match="answer"):
        chat(adapter)
