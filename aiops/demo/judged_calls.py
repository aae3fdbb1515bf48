"""Answered calls of the demo's past: those that are there, and those of which sums alone are kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from aiops.demo import served, shape
from aiops.demo.records import SIMULATED, WHOLE, Past
from aiops.gateway.call_ids import new_id, time_of
from aiops.gateway.models import Call

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answered:
    """A call with what it was asked and what it answered."""

    id: str
    at: datetime
    tenant: str
    locale: str
    category: str
    version: str
    version_id: int | None
    number: int | None
    model: str
    arm: str
    inputs: Mapping[str, str]
    output: str

    @property
    def alike(self) -> tuple[int, str]:
        """Calls with the same are answered, judged and seen alike."""
        return self.version_id or 0, served.asked_for(self.inputs)


def older(past: Past, feature: str, days: int) -> Iterator[Answered]:
    """Calls of the days whose sums alone are kept."""
    day = past.whole_since.replace(hour=0) - _DAY * (days - WHOLE.days)
    while day < past.whole_since:
        draw = Random(f"judged {day:%Y-%m-%d}")  # noqa: S311 - the same demo for everybody
        for tenant, shop in shape.SHOPS.items():
            named, weights = shape.features(shop, list(past.serving))
            share = weights[named.index(feature)] / sum(weights)
            for _ in range(round(shop.on(day, (past.now - day) / _DAY) * share)):
                at = day + timedelta(seconds=shape.moment(draw))
                if at < past.whole_since:
                    yield _answered(past, feature, tenant, shop, at, draw)
        day += _DAY


def _answered(
    past: Past, feature: str, tenant: str, shop: shape.Shop, at: datetime, draw: Random
) -> Answered:
    by, said = served.at(past.serving[feature], at), shape.ask(feature, shop, draw)
    call_id = new_id(at.timestamp(), draw.getrandbits(80))
    return Answered(
        call_id, datetime.fromtimestamp(time_of(call_id), at.tzinfo), tenant, said.locale, said.category,
        by.name, by.version_id, by.number, by.model, "stable", said.inputs, past.answer(by, said),
    )  # fmt: skip  # arguments by what they belong to


def whole(feature: str) -> Iterator[Answered]:
    rows = Call.objects.filter(feature=feature, outcome="answered", metadata=SIMULATED)
    for call in rows.order_by("at"):
        yield Answered(
            call.id, call.at, call.tenant, call.locale, call.category, call.approach_name, call.version_id,
            call.version_number, call.model, call.arm, call.inputs or {}, call.output or "",
        )  # fmt: skip  # arguments by what they belong to
