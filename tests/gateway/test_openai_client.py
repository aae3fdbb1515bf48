"""The unchanged `openai` client against the gateway's real app."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from aiops.gateway.memory import MemoryLedger, MemoryLimiter, MemoryVendors, memory_world
from aiops.gateway.messages import ZERO
from aiops.providers.errors import Refused
from tests.gateway.served import SERVICE, TOKEN, make_picture, serving
from tests.gateway.world import Vendor, make_approach

ASK = [{"role": "user", "content": "It broke."}]
ACME = {"x-aiops-tenant": "acme"}
SCHEMA = {"type": "object", "required": ["mood"], "properties": {"mood": {"enum": ["good", "bad"]}}}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(make_picture()) as url:
        yield url


def client(address: str, key: str = TOKEN, **options) -> Any:  # its types know nothing of our fields
    return openai.OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0, **options)


def test_the_models_are_the_features_that_the_key_may_call(address):
    assert [model.id for model in client(address).models.list()] == ["other", "summary"]
    assert [model.id for model in client(address, SERVICE).models.list()] == ["summary"]


def test_a_plain_answer_has_its_text_usage_and_our_object(address):
    answer = client(address).chat.completions.create(model="summary", messages=ASK)
    assert answer.choices[0].message.content == "Fine, thank you."
    assert (answer.choices[0].finish_reason, answer.usage.total_tokens) == ("stop", 26)
    assert answer.aiops["cost_usd"] == "0.0260000000"


def test_the_headers_say_what_was_decided(address):
    chat = client(address).chat.completions.with_raw_response
    headers = chat.create(model="summary", messages=[{"role": "user", "content": "Headers?"}]).headers
    said = {
        name: headers[f"x-aiops-{name}"] for name in ("outcome", "model", "cache", "arm", "prompt-version")
    }
    assert said == {
        "outcome": "answered",
        "model": "small",
        "cache": "miss",
        "arm": "stable",
        "prompt-version": "3",
    }
    assert headers["x-aiops-call-id"].startswith("call_")


def test_a_stream_has_the_pieces_the_usage_and_our_object(address):
    options = {"include_usage": True}
    asked = [{"role": "user", "content": "Stream it."}]
    chunks = list(
        client(address).chat.completions.create(
            model="summary", messages=asked, stream=True, stream_options=options
        )
    )
    text = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert text == ["", "Fine, ", "thank ", "you. ", None]
    assert (chunks[-1].usage.total_tokens, chunks[-1].aiops["outcome"]) == (26, "answered")


def test_a_schema_is_checked_whole_and_still_streams():
    world: Any = memory_world(vendors=MemoryVendors({"small": Vendor('{"mood": "good"}')}))
    with serving(make_picture(approach=make_approach(output_schema=SCHEMA)), world) as url:
        chunks = list(client(url).chat.completions.create(model="summary", messages=ASK, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == '{"mood": "good"}'


def test_a_response_format_of_the_caller_goes_to_the_vendor():
    vendor = Vendor('{"mood": "bad"}')
    wanted = {"type": "json_schema", "json_schema": {"name": "mood", "schema": SCHEMA}}
    with serving(make_picture(), memory_world(vendors=MemoryVendors({"small": vendor}))) as url:
        client(url).chat.completions.create(model="summary", messages=ASK, response_format=wanted)
    assert vendor.asked[0].response_schema == SCHEMA


def test_the_last_user_text_fills_the_one_variable(address):
    vendor = Vendor("ok")
    said = [{"role": "user", "content": "Before."}, {"role": "assistant", "content": "Yes?"}, *ASK]
    with serving(make_picture(), memory_world(vendors=MemoryVendors({"small": vendor}))) as url:
        client(url).chat.completions.create(model="summary", messages=said)
    assert [one.content for one in vendor.asked[0].messages] == ["Sum up: It broke.", "Before.", "Yes?"]


def test_inputs_of_the_body_leave_the_messages_as_they_are():
    vendor = Vendor("ok")
    with serving(make_picture(), memory_world(vendors=MemoryVendors({"small": vendor}))) as url:
        client(url).chat.completions.create(
            model="summary", messages=ASK, extra_body={"inputs": {"ticket": "From the body."}}
        )
    assert [one.content for one in vendor.asked[0].messages] == ["Sum up: From the body.", "It broke."]


@pytest.mark.parametrize(
    ("key", "asked", "error", "param"),
    [
        ("aiops_sk_nonsense", {}, openai.AuthenticationError, None),
        (TOKEN, {"model": "nothing"}, openai.NotFoundError, "model"),
        (TOKEN, {"messages": "x"}, openai.BadRequestError, "messages"),
        (TOKEN, {"messages": []}, openai.BadRequestError, "messages"),
        (TOKEN, {"top_p": 0.5}, openai.BadRequestError, "top_p"),
        (TOKEN, {"extra_body": {"unheard_of": 1}}, openai.BadRequestError, "unheard_of"),
        (SERVICE, {}, openai.BadRequestError, "x-aiops-tenant"),
        (SERVICE, {"model": "other", "extra_headers": ACME}, openai.PermissionDeniedError, "model"),
        (TOKEN, {"extra_headers": {"x-aiops-tenant": "globex"}}, openai.PermissionDeniedError, None),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_what_is_wrong_is_the_clients_own_error(address, key, asked, error, param):
    with pytest.raises(error) as caught:
        client(address, key).chat.completions.create(**{"model": "summary", "messages": ASK, **asked})
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("ports", "error", "code"),
    [
        ({"ledger": MemoryLedger(ZERO)}, openai.RateLimitError, "budget_exceeded"),
        ({"limiter": MemoryLimiter(0)}, openai.RateLimitError, "rate_limit_exceeded"),
        (
            {"vendors": MemoryVendors({"small": Vendor(Refused("no"))})},
            openai.InternalServerError,
            "provider_error",
        ),
    ],
)
def test_what_cannot_be_answered_is_the_clients_own_error(ports, error, code):
    with serving(make_picture(), memory_world(**ports)) as url, pytest.raises(error) as caught:
        client(url).chat.completions.create(model="summary", messages=ASK)
    assert caught.value.code == code


def test_a_service_key_names_its_tenant():
    world: Any = memory_world(vendors=MemoryVendors({"small": Vendor("ok")}))
    with serving(make_picture(), world) as url:
        named = client(url, SERVICE, default_headers={"x-aiops-tenant": "globex"})
        named.chat.completions.create(model="summary", messages=ASK)
    assert world.recorder.records[0]["tenant"] == "globex"
