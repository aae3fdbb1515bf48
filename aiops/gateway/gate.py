"""What the endpoints share: the decisions of now, the pipeline, and what a call becomes when it is made."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from aiops.gateway import entry
from aiops.gateway.bodies import Chat, Embeddings, Invoke, ResponseFormat, Said
from aiops.gateway.call_ids import new_id
from aiops.gateway.errors import FeatureNotFound, InvalidRequest, NotReady
from aiops.gateway.messages import Call, Handler, Parameters
from aiops.gateway.picture import Feature, Key, Picture
from aiops.gateway.ports import World
from aiops.providers.protocol import Message

_ROLES = {"developer": "system"}
T = TypeVar("T")
LOOK_AFTER = 0.05  # seconds until a call looks whether its caller is still there


@dataclass(frozen=True, slots=True)
class Gate:
    """`picture` gives the decisions of now, or None before there are any; `state` is what /readyz says.

    `metrics` gives what Prometheus reads, in the form that it accepts, and its media type.
    """

    picture: Callable[[], Picture | None]
    handle: Handler
    world: World
    state: Callable[[], Mapping[str, Any]]
    metrics: Callable[[str], Awaitable[tuple[bytes, str]]]

    def decisions(self) -> Picture:
        picture = self.picture()
        if picture is None:
            raise NotReady(
                "The gateway has no decisions yet: it has reached neither the database nor its copy."
            )
        return picture


def chat_call(picture: Picture, key: Key, headers: Mapping[str, str], body: Chat) -> Call:
    """The call that a chat completion asks for. The last user text fills the one variable that is missing."""
    feature = entry.feature_for(picture, key, body.model)
    tenant = entry.tenant_of(picture, key, headers)
    approach, arm = entry.arm_of(feature, tenant, body.user)
    messages = tuple(_message(said) for said in body.messages)
    inputs = entry.with_locale(approach, body.inputs, body.locale)
    last = messages[-1]
    if last.role == "user" and (
        taken := entry.filled(approach, body.inputs, text=last.content, locale=body.locale)
    ):
        inputs, messages = taken, messages[:-1]
    if approach.kind in {"rules", "classifier"}:
        inputs = {**dict.fromkeys(getattr(approach, "inputs", ()), last.content), **inputs}
    return Call(
        id=new_id(),
        picture=picture,
        feature=feature,
        tenant=tenant,
        key=key,
        approach=approach,
        arm=arm,
        deadline=_deadline(feature),
        inputs=inputs,
        messages=messages,
        parameters=_parameters(body),
        stream=body.stream,
        user=body.user,
        locale=body.locale or body.inputs.get("locale", ""),
        category=body.category or "unknown",
        metadata=body.metadata or {},
    )


def invoke_call(picture: Picture, key: Key, headers: Mapping[str, str], slug: str, body: Invoke) -> Call:
    """The call of a feature's own endpoint. InvalidRequest for inputs that the version does not declare."""
    feature = entry.feature_for(picture, key, slug)
    tenant = entry.tenant_of(picture, key, headers)
    approach, arm = entry.arm_of(feature, tenant, body.user)
    if approach.kind == "prompt" and (unknown := body.inputs.keys() - approach.variables.keys() - {"locale"}):
        names = ", ".join(sorted(unknown))
        raise InvalidRequest(
            f"inputs: {names}: {approach.name} declares {', '.join(approach.variables) or 'none'}.",
            code="invalid_inputs",
            param="inputs",
        )
    return Call(
        id=new_id(),
        picture=picture,
        feature=feature,
        tenant=tenant,
        key=key,
        approach=approach,
        arm=arm,
        deadline=_deadline(feature),
        inputs=entry.with_locale(approach, body.inputs, body.locale),
        messages=_as_messages(approach.kind, body.inputs),
        user=body.user,
        locale=body.locale or body.inputs.get("locale", ""),
        category=body.category or "unknown",
        metadata=body.metadata,
    )


def embedding_call(picture: Picture, key: Key, headers: Mapping[str, str], body: Embeddings) -> Call:
    """The call that embeddings ask for: each text is a message."""
    feature = entry.feature_for(picture, key, body.model, "embedding")
    tenant = entry.tenant_of(picture, key, headers)
    approach, arm = entry.arm_of(feature, tenant, body.user)
    if approach.kind != "passthrough":
        raise FeatureNotFound(f"{feature.slug} has no embedding model deployed.", param="model")
    return Call(
        id=new_id(),
        picture=picture,
        feature=feature,
        tenant=tenant,
        key=key,
        approach=approach,
        arm=arm,
        deadline=_deadline(feature),
        messages=tuple(Message("user", text) for text in body.input),
        parameters=Parameters(dimensions=body.dimensions),
        user=body.user,
    )


async def unless_gone(work: Awaitable[T], gone: Callable[[], Awaitable[Any]]) -> T | None:
    """What `work` gives; None where the caller goes away first: then `work` is cancelled, and has ended."""
    watch = _Watch(gone)
    try:
        return await work
    except asyncio.CancelledError:
        if not watch.left:
            raise
        return None
    finally:
        watch.end()


class _Watch:
    """Cancels the task that made it when the caller goes away. Most answers are there before it looks."""

    __slots__ = ("_gone", "_looks", "_task", "_timer", "left")

    def __init__(self, gone: Callable[[], Awaitable[Any]]) -> None:
        self._gone = gone
        self._task = asyncio.current_task()
        self._looks: asyncio.Future[Any] | None = None
        self._timer = asyncio.get_running_loop().call_later(LOOK_AFTER, self._look)
        self.left = False

    def end(self) -> None:
        self._timer.cancel()
        if self._looks is not None:
            self._looks.remove_done_callback(self._leave)
            self._looks.cancel()
        if self.left and self._task is not None:
            self._task.uncancel()
        self._task = None

    def _look(self) -> None:
        self._looks = asyncio.ensure_future(self._gone())
        self._looks.add_done_callback(self._leave)

    def _leave(self, _: object) -> None:
        if self._task is not None:
            self.left = True
            self._task.cancel()


def _message(said: Said) -> Message:
    role: Any = _ROLES.get(said.role, said.role)
    return Message(role, said.text, tool_calls=said.tool_calls, tool_call_id=said.tool_call_id)


def _as_messages(kind: str, inputs: Mapping[str, str]) -> tuple[Message, ...]:
    """A feature without a prompt gets the inputs as one message."""
    return (Message("user", "\n\n".join(inputs.values())),) if kind == "passthrough" else ()


def _parameters(body: Chat) -> Parameters:
    stop = (body.stop,) if isinstance(body.stop, str) else (body.stop or ())
    return Parameters(
        max_tokens=body.max_completion_tokens or body.max_tokens,
        temperature=body.temperature,
        seed=body.seed,
        stop=stop,
        response_schema=_schema(body.response_format),
        tools=body.tools,
        tool_choice=body.tool_choice,
    )


def _schema(wanted: ResponseFormat | None) -> Mapping[str, Any] | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return {"type": "object"}
    if wanted.json_schema is None:
        raise InvalidRequest("response_format.json_schema is missing.", param="response_format")
    return wanted.json_schema.schema_


def _deadline(feature: Feature) -> float:
    return asyncio.get_running_loop().time() + feature.policy.deadline_seconds
