"""Tools, structured outputs and every error, as the unchanged `openai` client sees them."""

import openai
import pytest
from pydantic import BaseModel

from aiops.gateway.memory import MemoryLedger, MemoryVendors, memory_world
from aiops.gateway.messages import ZERO
from aiops.gateway.picture import Passthrough, Stop
from aiops.providers.errors import Refused
from aiops.providers.openai_compatible import OpenAICompatible
from aiops.providers.protocol import ChatReply, Usage
from aiops.providers.retry import ONCE
from tests.fakes.model_server import ModelServer
from tests.gateway.served import TOKEN, make_picture, serving
from tests.gateway.test_openai_client import ASK, client
from tests.gateway.world import Vendor, make_model

TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
CALLED = {
    "id": "call_7",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Kyoto"}'},
}


class ToolVendor(Vendor):
    """Calls a tool first, and says something once it has the tool's result."""

    async def chat(self, request, *, timeout):
        self.asked.append(request)
        if request.messages[-1].role == "tool":
            return ChatReply("It rains.", Usage(5, output=3), "stop", request.model)
        return ChatReply("", Usage(5, output=3), "tool_calls", request.model, tool_calls=(CALLED,))


def tools_world() -> tuple[ToolVendor, dict]:
    vendor = ToolVendor("")
    parts = {"picture": make_picture(approach=Passthrough(model="small"))}
    return vendor, {**parts, "world": memory_world(vendors=MemoryVendors({"small": vendor}))}


def test_a_tool_is_called_and_its_result_goes_back():
    vendor, parts = tools_world()
    with serving(**parts) as url:
        chat = client(url).chat.completions
        first = chat.create(model="summary", messages=ASK, tools=[TOOL], tool_choice="auto").choices[0]
        called = first.message.tool_calls[0]
        result = {"role": "tool", "tool_call_id": called.id, "content": "rain"}
        said = [*ASK, first.message.model_dump(exclude_none=True), result]
        last = chat.create(model="summary", messages=said, tools=[TOOL]).choices[0]
    assert (first.finish_reason, called.function.name, called.function.arguments) == (
        "tool_calls",
        "weather",
        '{"city": "Kyoto"}',
    )
    assert (last.message.content, vendor.asked[0].tools, vendor.asked[0].tool_choice) == (
        "It rains.",
        (TOOL,),
        "auto",
    )
    assert [one.role for one in vendor.asked[1].messages] == ["user", "assistant", "tool"]
    assert vendor.asked[1].messages[1].tool_calls[0]["id"] == "call_7"


def test_a_streamed_tool_call_comes_whole():
    _, parts = tools_world()
    with serving(**parts) as url:
        chunks = list(
            client(url).chat.completions.create(model="summary", messages=ASK, tools=[TOOL], stream=True)
        )
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert [(call.index, call.id, call.function.arguments) for call in calls] == [
        (0, "call_7", '{"city": "Kyoto"}')
    ]
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


class Mood(BaseModel):
    mood: str
    strength: int


def test_an_answer_is_parsed_into_the_callers_own_type():
    vendor = Vendor('{"mood": "good", "strength": 3}')
    with serving(make_picture(), memory_world(vendors=MemoryVendors({"small": vendor}))) as url:
        answer = client(url).chat.completions.parse(model="summary", messages=ASK, response_format=Mood)
    assert answer.choices[0].message.parsed == Mood(mood="good", strength=3)
    assert vendor.asked[0].response_schema["required"] == ["mood", "strength"]


UNPRICED = {"models": {"small": make_model(rates=None)}}
SMALL = {"deadline_seconds": 0.1}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": Mood.model_json_schema()}}


@pytest.mark.parametrize(
    ("policy", "parts", "ports", "error", "status", "code"),
    [
        ({}, {"keys": {}}, {}, openai.AuthenticationError, 401, "invalid_api_key"),
        ({}, {"features": {}}, {}, openai.NotFoundError, 404, "feature_not_found"),
        ({}, {"stops": (Stop(scope="global"),)}, {}, openai.InternalServerError, 503, "feature_disabled"),
        ({}, {}, {"ledger": MemoryLedger(ZERO)}, openai.RateLimitError, 429, "budget_exceeded"),
        ({}, UNPRICED, {}, openai.RateLimitError, 429, "budget_exceeded"),
        ({}, {}, {"says": Refused("no")}, openai.InternalServerError, 502, "provider_error"),
        (SMALL, {}, {"says": "x", "seconds": 5}, openai.InternalServerError, 504, "deadline_exceeded"),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_every_error_is_the_clients_own(policy, parts, ports, error, status, code):
    vendor = Vendor(ports.pop("says", "ok"), seconds=ports.pop("seconds", 0))
    world = memory_world(vendors=MemoryVendors({"small": vendor}), **ports)
    with serving(make_picture(policy, **parts), world) as url, pytest.raises(error) as caught:
        client(url).chat.completions.create(model="summary", messages=ASK)
    assert (caught.value.status_code, caught.value.code) == (status, code)


def test_an_output_that_is_refused_is_unprocessable():
    from tests.gateway.world import make_approach  # noqa: PLC0415 - beside its one use

    picture = make_picture(approach=make_approach(output_schema=Mood.model_json_schema()))
    world = memory_world(vendors=MemoryVendors({"small": Vendor("no JSON")}))
    with serving(picture, world) as url, pytest.raises(openai.UnprocessableEntityError) as caught:
        client(url).chat.completions.create(model="summary", messages=ASK)
    assert caught.value.code == "output_rejected"


def test_a_request_that_fails_again_and_again_is_refused_for_a_while():
    loop = {"breaker": {"retry_loop": {"failures": 2}}, "attempts": 1}
    world = memory_world(vendors=MemoryVendors({"small": Vendor(Refused("no"))}))
    codes = []
    with serving(make_picture(loop), world) as url:
        for _ in range(3):
            with pytest.raises(openai.APIStatusError) as caught:
                client(url).chat.completions.create(model="summary", messages=ASK)
            codes.append(caught.value.code)
    assert codes == ["provider_error", "provider_error", "retry_loop"]
    assert int(caught.value.response.headers["retry-after"]) > 0


def test_a_gateway_without_decisions_is_not_ready():
    with serving(None) as url, pytest.raises(openai.InternalServerError) as caught:
        client(url).models.list()
    assert (caught.value.status_code, caught.value.code) == (503, "not_ready")


def test_a_stream_that_breaks_off_is_an_error_of_the_client():
    with ModelServer() as vendor:
        vendor.script("cut")
        world = memory_world(
            vendors=MemoryVendors({"small": OpenAICompatible(base_url=vendor.base_url, policy=ONCE)})
        )
        with serving(make_picture(), world) as url, pytest.raises(openai.APIError) as caught:
            list(client(url, TOKEN).chat.completions.create(model="summary", messages=ASK, stream=True))
    assert caught.value.code == "provider_error"
