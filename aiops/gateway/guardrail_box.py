"""A feature's guardrails tried on what somebody pastes: each verdict with its reason. Nothing is stored."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

from aiops.core import clock
from aiops.deployments import queries as deployments
from aiops.embeddings.models import Use
from aiops.embeddings.queries import in_force
from aiops.features.models import Feature
from aiops.features.policy import Policy
from aiops.gateway import picture as parts
from aiops.gateway.call_ids import new_id
from aiops.gateway.embedder import Hashed
from aiops.gateway.guardrail_words import TITLES
from aiops.gateway.guardrails import RAILS, Found
from aiops.gateway.guardrails.injection import screened
from aiops.gateway.messages import Call, Parameters, Passage, Reply
from aiops.gateway.ports import NO_TOOLS, NoTools
from aiops.gateway.stores.queries import stored_queries


@dataclass(frozen=True, slots=True)
class Said:
    """What was pasted. Passages stand apart by empty lines."""

    output: str
    input: str = ""
    locale: str = ""
    passages: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`found` None: there was nothing to check."""

    setting: str
    title: str
    mode: str
    found: Found | None
    milliseconds: float = 0.0


def tried(feature: Feature, policy: Policy, said: Said) -> list[Verdict]:
    """What every guardrail says, those that are off too, by the settings that they have."""
    embedder = Hashed() if in_force(Use.GROUNDING) is None else None  # a model is asked by calls alone
    return asyncio.run(_all(_call(feature, policy, said), said, NoTools(NO_TOOLS.queries, embedder)))


async def _all(call: Call, said: Said, tools: NoTools) -> list[Verdict]:
    policy = call.feature.policy.guardrails
    reply = Reply("answered", text=_plain(said.output))
    async with AsyncExitStack() as stack:
        if policy.sql_rules.run and policy.sql_rules.tables:
            tools = replace(tools, queries=await stack.enter_async_context(stored_queries()))
        verdicts = []
        for setting in TITLES:
            check = None if policy.lacks_settings(setting) else RAILS[setting].checker(call, tools)
            begun = time.perf_counter()
            found = check(reply) if check else None
            if found is not None and not isinstance(found, Found):
                found = await found
            took = (time.perf_counter() - begun) * 1000
            verdicts.append(Verdict(setting, TITLES[setting][0], getattr(policy, setting), found, took))
    return verdicts


def _call(feature: Feature, policy: Policy, said: Said) -> Call:
    """A call as the guardrails would meet it."""
    passages = tuple(
        Passage(number, f"passage {number}", "", "", text.strip(), 1.0)
        for number, text in enumerate(filter(str.strip, _plain(said.passages).split("\n\n")), 1)
    )
    if passages:
        reading = policy.retrieval.model_copy(update={"on": True})
        policy = policy.model_copy(update={"retrieval": reading})
    return Call(
        id=new_id(),
        picture=parts.Picture(painted_at=clock.now()),
        feature=parts.Feature(slug=feature.slug, policy=policy),
        tenant="",
        key=parts.Key(id="", digest="", tenant=None),
        approach=parts.Passthrough(model=""),
        arm="stable",
        deadline=0.0,
        inputs={"input": said.input} if said.input else {},
        parameters=Parameters(response_schema=_schema(feature)),
        locale=said.locale,
        passages=tuple(screened(passages, "observe")),
    )


def _plain(text: str) -> str:
    """Without what browsers make of line ends."""
    return text.replace("\r\n", "\n")


def _schema(feature: Feature) -> Mapping[str, Any] | None:
    """The output schema of what serves the feature."""
    deployment = deployments.deployment_of(feature)
    version = deployment.stable.version if deployment else None
    return version.output_schema if version else None
