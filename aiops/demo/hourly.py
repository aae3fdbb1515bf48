"""Hourly sums of the demo's calls before the days that are there whole: at four hours of each day."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from statistics import NormalDist
from typing import Any

from aiops.core.latency import bucket
from aiops.demo import served, shape
from aiops.demo.records import (
    CACHED,
    CLASSES,
    DAYS,
    FAILED,
    OVERHEAD_MS,
    SIMILAR,
    SPREAD,
    STOPPED,
    WHOLE,
    End,
    Past,
)
from aiops.demo.served import By

BANDS = ((8, 0.28), (11, 0.27), (15, 0.33), (20, 0.12))  # hours (UTC) of the older sums, and their shares
_DAY = timedelta(days=1)
_QUANTILES = tuple(math.exp(SPREAD * NormalDist().inv_cdf((i + 0.5) / 12)) for i in range(12))


def sums(past: Past) -> Iterator[dict[str, Any]]:
    """The hourly sums of the days before those whose calls are there."""
    day = past.whole_since.replace(hour=0) - _DAY * (DAYS - WHOLE.days)
    while day < past.whole_since:
        draw = Random(f"sums {day:%Y-%m-%d}")  # noqa: S311 - the same demo for everybody
        for slug, shop in shape.SHOPS.items():
            named, weights = shape.features(shop, list(past.serving))
            calls_of_day = shop.on(day, (past.now - day) / _DAY)
            for feature, weight in zip(named, weights, strict=True):
                yield from _bands(past, day, slug, feature, calls_of_day * weight / sum(weights), draw)
        day += _DAY


def _bands(
    past: Past, day: datetime, tenant: str, feature: str, count: float, draw: Random
) -> Iterator[dict[str, Any]]:
    shop = shape.SHOPS[tenant]
    for hour, share in BANDS:
        at = day.replace(hour=hour)
        calls_here = round(count * share * draw.uniform(0.85, 1.15))
        if not calls_here or at >= past.whole_since:
            continue
        said = shape.ask(feature, shop, draw)
        by = served.at(past.serving[feature], at)
        for end, part in _parts(past, feature, by, at, calls_here):
            yield _sum(at, tenant, feature, said, by, end, part)


def _parts(past: Past, feature: str, by: By, at: datetime, count: int) -> Iterator[tuple[End, int]]:
    """How many of an hour's calls ended how. Stopped is the hour within which the stop began."""
    if past.stopped(feature, at):
        yield STOPPED, count
        return
    failed = count // 60 if by.model else 0
    cached = round(count * shape.REPEATED.get(feature, 0.0)) if by.model else 0
    similar = round(count * past.similar(feature, at)) if by.model else 0
    ends = (
        (CACHED, cached),
        (SIMILAR, similar),
        (FAILED, failed),
        (End(cache="miss" if by.model else "off"), count - cached - similar - failed),
    )
    yield from ((end, part) for end, part in ends if part)


def _sum(
    at: datetime, tenant: str, feature: str, said: shape.Sample, by: By, end: End, count: int
) -> dict[str, Any]:
    paid = count if by.model and end.outcome == "answered" else 0
    tokens = dict.fromkeys(CLASSES, 0)
    tokens |= {"input": by.prompt_tokens + said.tokens, "output": max(6, len(said.answer) // 4 or 70)}
    amount = served.cost(by.model, at, tokens) * paid if paid else Decimal(0)
    return {
        "hour": at.isoformat(), "tenant": tenant, "feature": feature, "category": said.category,
        "locale": said.locale, "model": by.model, "approach_name": by.name, "arm": "stable",
        "outcome": end.outcome, "reason": end.reason, "served_by": end.served_by, "cache": end.cache,
        "calls": count, **{f"{name}_tokens": size * paid for name, size in tokens.items()},
        "cost": amount, "unaccounted": Decimal(0), "overhead_ms": OVERHEAD_MS * count,
        "latency": _histogram(by.median_ms if paid else 3.0, count),
    }  # fmt: skip  # pairs, read as a table


def _histogram(median: float, count: int) -> dict[str, int]:
    """`count` latencies around a median, as the lognormal spreads them."""
    found: dict[str, int] = {}
    for place, factor in enumerate(_QUANTILES):
        part = count * (place + 1) // len(_QUANTILES) - count * place // len(_QUANTILES)
        if part:
            key = str(bucket(median * factor))
            found[key] = found.get(key, 0) + part
    return found
