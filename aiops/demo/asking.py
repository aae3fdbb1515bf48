"""Calls as the gateway makes them of the demo's questions: keys, partitions and decisions are its own."""

from collections.abc import Sequence

from aiops.demo.shape import Sample
from aiops.gateway.bodies import Invoke
from aiops.gateway.gate import invoke_call
from aiops.gateway.messages import Call
from aiops.gateway.picture import Key, Picture


def calls_of(picture: Picture, feature: str, asked: Sequence[tuple[str, Sample]]) -> list[Call]:
    """A call for each tenant ("": any) and question. Within a running loop, since calls have a deadline."""
    anybody = next(iter(picture.tenants))
    return [_call(picture, feature, tenant or anybody, sample) for tenant, sample in asked]


def _call(picture: Picture, feature: str, tenant: str, sample: Sample) -> Call:
    key = Key(id="demo", digest="", tenant=tenant)
    body = Invoke(inputs=dict(sample.inputs), locale=sample.locale, category=sample.category)
    return invoke_call(picture, key, {}, feature, body)
