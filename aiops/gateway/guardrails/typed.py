"""The answer is JSON of a type that the policy states, read strictly by pydantic."""

from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from aiops.core.texts.answers import shorten, unfenced
from aiops.core.texts.shapes import RECORD, record_of, type_of
from aiops.features.guardrail_policy import TypedPolicy
from aiops.gateway.guardrails.base import Checker, Compiled, Found, Tools
from aiops.gateway.messages import Call, Reply

NAME = "typed"


def checker(call: Call, tools: Tools) -> Checker | None:  # noqa: ARG001 - it needs nobody
    rules = call.feature.policy.guardrails.typed_rules
    if rules.shape == RECORD and rules.record is None:
        return None
    adapter = _ADAPTERS.of(rules)

    def check_reply(reply: Reply) -> Found:
        return check(reply.text, adapter)

    return check_reply


def check(text: str, adapter: TypeAdapter[Any]) -> Found:
    try:
        value = adapter.validate_json(unfenced(text).encode(errors="replace"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
        return Found(passed=False, reason=f"{where}: {shorten(first['msg'])}")
    return Found(passed=True, structured=adapter.dump_python(value, mode="json", by_alias=True))


def adapter_of(rules: TypedPolicy) -> TypeAdapter[Any]:
    made = record_of(rules.record) if rules.record is not None else None
    kind = type_of(rules.shape, made)
    config = None if kind is made else ConfigDict(strict=True, allow_inf_nan=False)  # a model has its own
    return TypeAdapter(kind, config=config)


_ADAPTERS: Compiled[TypedPolicy, TypeAdapter[Any]] = Compiled(adapter_of)
