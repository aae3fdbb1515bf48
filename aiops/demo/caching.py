"""What the demo's semantic cache has found: answers held against fresh ones, what that proved, what it keeps.

Pairs that were wrong are written out (`content/cache.yaml`), those that were right are counted alone. One
feature has checks enough, and learns its threshold from them as in every workspace; another still collects.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from aiops.core.actors import SystemActor
from aiops.demo import content, records, shape
from aiops.demo.asking import calls_of
from aiops.features.models import Feature
from aiops.gateway import actions as gateway
from aiops.gateway import inside, listening
from aiops.gateway.call_ids import new_id
from aiops.gateway.inside import Bill
from aiops.gateway.messages import Call as Asking
from aiops.gateway.messages import Reply
from aiops.gateway.models import Call, SemanticCheck, SemanticEntry, SemanticThreshold
from aiops.gateway.picture import Picture
from aiops.gateway.ports import Asked
from aiops.gateway.semantic.partition import partition_of
from aiops.gateway.stages.cache import kept_for, key_of, parts_of
from aiops.gateway.stores.cache import SharedCache
from aiops.gateway.stores.neighbours import StoredNeighbours
from aiops.gateway.stores.pool import Pool
from aiops.knowledge.vectors import vector

BEAT = SystemActor("beat")
FEATURE, COLLECTING = "policy-answers", "ticket-triage"
_FRESH = Decimal("0.0012")  # USD: what an answer of the feature costs, give or take
AGENT = "agent-0"  # who asked what was answered wrongly


@dataclass(frozen=True, slots=True)
class Checked:
    """`count` checks between two days before loading and two likenesses; `served`: the answer was given."""

    begun: int
    ended: int
    low: float
    high: float
    count: int
    served: bool = False

    def has(self, pair: "Wrong") -> bool:
        return self.ended <= pair.days < self.begun and self.low <= pair.likeness <= self.high


CHECKED = {
    FEATURE: (
        Checked(28, 12, 0.71, 0.849, 150),
        Checked(28, 12, 0.88, 0.909, 60),
        Checked(28, 12, 0.91, 1.0, 400),
        Checked(12, 0, 0.71, 0.909, 47),
        Checked(12, 0, 0.91, 1.0, 96, served=True),
    ),
    COLLECTING: (Checked(6, 0, 0.71, 1.0, 150),),
}


class Wrong(BaseModel):
    """A pair that a fresh answer did not bear out; `days` before loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: int
    tenant: str
    locale: str
    category: str
    asked: str
    found: str
    stored: str
    fresh: str
    served: bool = False

    @property
    def likeness(self) -> float:
        return likeness(self.asked, self.found)

    def at(self, now: datetime) -> datetime:
        return (now - timedelta(days=self.days)).replace(hour=9, minute=10 + self.days, second=self.days)


@cache
def wrong() -> Mapping[str, tuple[Wrong, ...]]:
    """`content/cache.yaml`, checked."""
    rows = yaml.safe_load((content.FOLDER / "cache.yaml").read_text(encoding="utf-8"))
    return {feature: tuple(map(Wrong.model_validate, pairs)) for feature, pairs in rows.items()}


def likeness(one: str, other: str) -> float:
    """As the gateway compares questions."""
    return min(1.0, sum(a * b for a, b in zip(vector(one), vector(other), strict=True)))


def wrong_calls(past: records.Past) -> Iterator[dict[str, Any]]:
    """The calls whose answers turned out wrong, older ones too: the page of the cache leads to them."""
    for feature, pairs in wrong().items():
        for pair in pairs if feature in past.serving else ():
            said = _sample(feature, pair)
            by, arm = past.by(feature, "", pair.at(past.now))
            end = records.SIMILAR if pair.served else records.End()
            one = records.Asked(pair.at(past.now), pair.tenant, AGENT, feature, said, by, arm, end)
            made = records.record(past, one, Random(pair.asked))  # noqa: S311 - the same demo for everybody
            yield made | {"output": pair.stored if pair.served else pair.fresh}


def _sample(feature: str, pair: Wrong) -> shape.Sample:
    """The golden case that asks the same, without what it says beside."""
    for one in shape.samples(feature)[pair.locale]:
        for name, text in one.inputs.items():
            if text.startswith(pair.asked):
                return replace(one, inputs={**one.inputs, name: pair.asked})
    raise LookupError(pair.asked)


def checks(now: datetime) -> None:
    """What checks found, and what was decided from it when there were enough; once."""
    if SemanticCheck.objects.exists():
        return
    for feature in Feature.objects.filter(slug__in=CHECKED):
        rows = [*_right(feature.slug, now), *_wrong(feature.slug, now)]
        learnt = now - records.LEARNT
        SemanticCheck.objects.bulk_create(row for row in rows if row.at < learnt)
        gateway.learn_cache_threshold(by=BEAT, feature=feature)
        SemanticThreshold.objects.filter(feature=feature.slug).update(at=learnt)
        SemanticCheck.objects.bulk_create(row for row in rows if row.at >= learnt)
        for row in rows:
            if row.served:  # of those the fresh answer was asked for by ourselves
                inside.add_up(feature.slug, [Bill("shadow", "sim-large", _FRESH)], row.at)


def _wrong(feature: str, now: datetime) -> Iterator[SemanticCheck]:
    calls = Call.objects.filter(feature=feature, user=AGENT).values_list("id", "inputs")
    found = {text: call_id for call_id, inputs in calls for text in (inputs or {}).values()}
    for one in wrong()[feature]:
        yield SemanticCheck(
            call_id=found[one.asked], at=one.at(now) + timedelta(seconds=1), feature=feature,
            tenant=one.tenant, similarity=one.likeness, equivalent=False, served=one.served,
            question=one.asked, neighbour=one.found, stored=one.stored, fresh=one.fresh,
        )  # fmt: skip  # arguments by what they belong to


def _right(feature: str, now: datetime) -> Iterator[SemanticCheck]:
    """Those that were borne out: what is left of each count."""
    draw = Random(f"checks {feature}")  # noqa: S311 - the same demo for everybody
    for part in CHECKED[feature]:
        for _ in range(part.count - sum(map(part.has, wrong()[feature]))):
            at = now - timedelta(days=part.ended + (part.begun - part.ended) * draw.uniform(0.01, 0.99))
            tenant = draw.choices(list(shape.SHOPS), [shop.calls for shop in shape.SHOPS.values()])[0]
            yield SemanticCheck(
                call_id=new_id(at.timestamp(), draw.getrandbits(80)), at=at, feature=feature, tenant=tenant,
                similarity=draw.uniform(part.low, part.high), equivalent=True, served=part.served,
            )  # fmt: skip  # arguments by what they belong to


def entries(picture: Picture) -> None:
    """Answers of the golden sets, kept as the gateway keeps its own; once."""
    if not SemanticEntry.objects.exists():
        asyncio.run(_keep(picture, [slug for slug in (FEATURE, COLLECTING) if slug in picture.features]))


async def _keep(picture: Picture, features: list[str]) -> None:
    pool = Pool(listening.address())
    await pool.open()
    try:
        shared = SharedCache(pool.connect)
        near = StoredNeighbours(pool.connect, shared)
        for feature in features:
            asked = [(tenant, one) for tenant, shop in shape.SHOPS.items() for one in _of(feature, shop)]
            for call, (_, sample) in zip(calls_of(picture, feature, asked), asked, strict=True):
                await _kept(call, sample, shared, near)
        await shared.exchange()
        await near.exchange()
    finally:
        await pool.close()


def _of(feature: str, shop: shape.Shop) -> Iterator[shape.Sample]:
    """What a shop asks: the questions in its languages that have an answer."""
    for language in shop.languages:
        yield from (one for one in shape.samples(feature).get(language, ())[:60] if one.answer)


async def _kept(call: Asking, sample: shape.Sample, shared: SharedCache, near: StoredNeighbours) -> None:
    parts = parts_of(call)
    partition, question = partition_of(call, parts)
    key, reply = key_of(call), Reply("answered", sample.answer, model=call.approach.model)
    await shared.keep(key, call, reply, kept_for(call))
    near.keep(Asked(key, partition, question), call, float(call.feature.policy.cache.ttl_seconds))
