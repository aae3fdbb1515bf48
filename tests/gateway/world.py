"""A picture with one feature, calls of it, and a vendor that says what a test wants."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aiops.features.policy import Policy
from aiops.gateway.call_ids import new_id
from aiops.gateway.messages import Call
from aiops.gateway.picture import Deployment, Feature, Key, Model, Picture, PromptOnModel, Rates
from aiops.providers.errors import ProviderError
from aiops.providers.protocol import ChatPiece, ChatReply, ChatRequest, Usage

RATE = Decimal("0.001")
RATES = Rates(input=RATE, cached_input=RATE, cache_write=RATE, output=RATE, reasoning=RATE)


class Vendor:
    """Says `says` in turn, the last for ever: a text, or an error to raise; after `seconds`."""

    def __init__(self, *says: str | ProviderError, seconds: float = 0.0) -> None:
        self.says = says
        self.seconds = seconds
        self.asked: list[ChatRequest] = []

    async def chat(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        said = self.says[min(len(self.asked), len(self.says) - 1)]
        self.asked.append(request)
        await asyncio.sleep(self.seconds)
        if isinstance(said, ProviderError):
            raise said
        return ChatReply(said, Usage(input=10, output=len(said)), "stop", request.model)

    async def stream(self, request: ChatRequest, *, timeout: float) -> AsyncIterator[ChatPiece]:
        reply = await self.chat(request, timeout=timeout)
        for word in reply.text.split(" "):
            if word == "BREAK":
                raise ProviderError("the line broke")
            yield ChatPiece(f"{word} ")
        yield ChatPiece("", reply)

    async def close(self) -> None: ...


def make_model(name: str = "small", **changes: Any) -> Model:
    facts = {
        "vendor_name": name,
        "provider": "vendor",
        "tier": "small",
        "max_output_tokens": 4096,
        "rates": RATES,
    }
    return Model(name=name, **{**facts, **changes})


def make_approach(**changes: Any) -> PromptOnModel:
    facts: dict[str, Any] = {
        "prompt": "summary",
        "number": 3,
        "version_id": 3,
        "messages": [{"role": "user", "template": "Sum up: {{ ticket }}"}],
        "variables": {"ticket": {"type": "string"}},
        "parameters": {"max_tokens": 50},
        "model": "small",
    }
    return PromptOnModel(**{**facts, **changes})


def make_call(policy: dict[str, Any] | None = None, *, seconds: float = 3.0, **changes: Any) -> Call:
    """A call of "summary" by the tenant "acme", inside a running event loop."""
    approach = changes.pop("approach", None) or make_approach()
    feature = Feature(
        slug="summary",
        policy=Policy.model_validate(policy or {}),
        deployment=Deployment(stable=approach),
        flag=changes.pop("flag", None),
    )
    picture = Picture(
        revision=1,
        painted_at=datetime(2026, 11, 1, tzinfo=UTC),
        tenants=frozenset({"acme", "globex"}),
        features={"summary": feature},
        models={model.name: model for model in changes.pop("models", (make_model(), make_model("large")))},
        stops=changes.pop("stops", ()),
        rule_sets=changes.pop("rule_sets", {}),
    )
    facts: dict[str, Any] = {
        "id": new_id(),
        "tenant": "acme",
        "key": Key(id="abcdefgh", digest="", tenant="acme"),
        "arm": "stable",
        "inputs": {"ticket": "It broke."},
        "deadline": asyncio.get_running_loop().time() + seconds,
    }
    known = {name: changes.pop(name) for name in list(changes) if name != "picture"}
    return Call(picture=picture, feature=feature, approach=approach, **{**facts, **known})
