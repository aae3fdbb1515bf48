"""What tests of evaluations stand on: a feature with cases, a prompt, a priced model, and a provider in
memory.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from aiops.catalog.models import Model, Price
from aiops.core.actors import SystemActor
from aiops.datasets.models import DatasetVersion
from aiops.evaluations import actions
from aiops.evaluations.models import OnModel, Run
from aiops.features.models import Feature
from aiops.prompts.models import Version
from aiops.providers.protocol import ChatPiece, ChatReply, ChatRequest, Usage
from tests.factories import (
    make_cases,
    make_dataset,
    make_dataset_version,
    make_feature,
    make_model,
    make_price,
    make_prompt,
    make_provider,
    make_version,
)

BY = SystemActor("tests")
Answer = Callable[[ChatRequest], str]


def always(text: str) -> Answer:
    return lambda _request: text


def raising(error: Exception) -> Answer:
    def answer(_request: ChatRequest) -> str:
        raise error

    return answer


@dataclass
class MemoryProvider:
    """Answers at once, or raises what `answer` raises; remembers how many calls ran at the same time."""

    answer: Answer = lambda request: request.messages[-1].content
    usage: Usage = field(default_factory=lambda: Usage(input=100, output=50))
    pause: float = 0.0
    asked: list[ChatRequest] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    closed: bool = False

    async def chat(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        self.asked.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.pause)
            text = self.answer(request)
        finally:
            self.at_once -= 1
        return ChatReply(text=text, usage=self.usage, finish_reason="stop", model=request.model)

    async def stream(self, request: ChatRequest, *, timeout: float) -> AsyncIterator[ChatPiece]:
        yield ChatPiece("", await self.chat(request, timeout=timeout))

    async def close(self) -> None:
        self.closed = True


@dataclass
class Stage:
    """Everything that a run needs, saved."""

    feature: Feature
    dataset_version: DatasetVersion
    version: Version
    model: Model
    price: Price

    def start(self, **values: Any) -> Run:
        """`values` of `start_run` and of its terms; a version and a model instead of an approach."""
        given: dict[str, Any] = {
            "by": BY,
            "feature": self.feature,
            "dataset_version": self.dataset_version,
            "scorers": [{"type": "contains"}],
        } | values
        version, model = given.pop("version", self.version), given.pop("model", self.model)
        terms = terms_in(given)
        return actions.start_run(**{"approach": OnModel(version, model), **given}, terms=terms)


def terms_in(values: dict[str, Any]) -> actions.Terms:
    """Taken out of `values`."""
    return actions.Terms(
        **{one.name: values.pop(one.name) for one in fields(actions.Terms) if one.name in values}
    )


def make_stage(
    cases: list[dict[str, Any]] | int = 3,
    *,
    concurrency: int = 4,
    version: dict[str, Any] | None = None,
    **provider: Any,
) -> Stage:
    """`cases`: values of each case, or how many of the factory's. A call costs at most 0.01 USD or so."""
    feature = make_feature()
    dataset = make_dataset(feature=feature)
    make_cases(dataset, [{}] * cases if isinstance(cases, int) else cases)
    model = make_model(provider=make_provider(max_concurrency=concurrency, **provider))
    return Stage(
        feature=feature,
        dataset_version=make_dataset_version(dataset=dataset),
        version=make_version(
            prompt=make_prompt(feature=feature), **(version or {"parameters": {"max_tokens": 100}})
        ),
        model=model,
        price=make_price(model=model, input=Decimal("0.00001"), output=Decimal("0.0001")),
    )


def result_row(case_id: int, repeat: int = 0, **values: Any) -> dict[str, Any]:
    """A row as a worker writes it: half a dollar, no scores."""
    return {
        "case_id": case_id, "repeat": repeat, "output": "o", "error_kind": "", "error": "", "messages": [],
        "input_tokens": 1, "cached_input_tokens": 0, "cache_write_tokens": 0, "output_tokens": 1,
        "reasoning_tokens": 0, "usage_reported": True, "cost": "0.5", "unaccounted": "0", "latency_ms": 1.0,
        "attempts": 1, "finish_reason": "stop", "explanation": "", "fold": None, "scores": [], **values,
    }  # fmt: skip  # pairs, read as a table
