"""Reckons a feature's quality and keeps it, so that pages read one row. Slow to import: for workers only."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Max, Q

from aiops.core import clock
from aiops.evaluations.judges import WINDOW, digest_of
from aiops.evaluations.mix import Group
from aiops.features.models import Feature
from aiops.gateway import queries as gateway
from aiops.monitoring import live_judge
from aiops.monitoring.models import QualityReport
from aiops.monitoring.quality import estimating
from aiops.monitoring.quality.evidence import evidence
from aiops.monitoring.quality.samples import Evidence
from aiops.reviews.models import Grade, JudgedCall, ReviewItem, SamplingPolicy

RANGES = {"2d": 2, "7d": 7, "28d": 28, "90d": 90}  # days in UTC, and what there is of today
LONGEST = 90
SLICES = {"locale": 8, "category": 12, "version": 6}  # how many of each, those with most calls
LINES = 5  # locales with a line of their own over time
# How far the points of a chart lie apart, how many there are, and how many days each looks back.
TRENDS = {"short": (1, 8, 2), "month": (4, 7, 7), "quarter": (7, 13, 7)}
STALE = timedelta(hours=6)  # days pass, too
BEFORE = timedelta(days=7)  # that stable calls count too: beside a large candidate few are left
DRAWN = 20_000  # for a point of a line; numbers are drawn in full
LEAST_ARM = 10  # judged calls of an arm that is worth a row


def due(feature: Feature) -> bool:
    """Whether something was said since the last report, or it is old."""
    report = QualityReport.objects.filter(feature=feature).values_list("at", flat=True).first()
    judged = JudgedCall.objects.filter(feature=feature).aggregate(at=Max("judged_at"))["at"]
    drawn = Q(item__feature=feature, item__source=ReviewItem.Source.CALL)
    graded = Grade.objects.filter(drawn).aggregate(at=Max("at"))["at"]
    newest = max((at for at in (judged, graded) if at is not None), default=None)
    if newest is None:
        return False
    return report is None or newest > report or clock.now() - report > STALE


def measure(feature: Feature, now: datetime) -> QualityReport:
    """Reckon how good the feature's answers are and keep it."""
    kept, _ = QualityReport.objects.update_or_create(
        feature=feature, defaults={"figures": report(feature, now), "at": now}
    )
    return kept


def report(feature: Feature, now: datetime) -> dict[str, Any]:
    """All that the pages show of a feature."""
    today = now.astimezone(UTC).date()
    begin = datetime.combine(today - timedelta(days=LONGEST), datetime.min.time(), UTC)
    seen = evidence(feature, begin)
    mixes = {days: gateway.live_mix(feature.slug, days) for days in RANGES.values()}
    return {
        "unsettled": seen.unsettled,
        "ranges": {
            key: _range(feature.slug, seen.between(today - timedelta(days=days), today), key, mixes[days])
            for key, days in RANGES.items()
        },
        "before": _range(
            feature.slug,
            seen.between(today - timedelta(days=28), today - timedelta(days=RANGES["2d"] + 1)),
            "before",
            mixes[28],
        ),
        "trends": {key: _trend(feature.slug, seen, today, key, mixes[28]) for key in TRENDS},
        "arms": _arms(feature.slug, seen.between(today - timedelta(days=28), today)),
        "judge": _judge(feature, seen.between(today - timedelta(days=WINDOW.days), today)),
    }


def _range(slug: str, seen: Evidence, key: str, live: Mapping[Group, int]) -> dict[str, Any]:
    found: dict[str, Any] = {"all": estimating.figure(seen, f"{slug} {key}", live)}
    for by, most in SLICES.items():
        found[by] = [
            [value, estimating.figure(own, f"{slug} {key} {by} {value}", _only(live, by, value))]
            for value in seen.values(by)[:most]
            for own in (seen.of(**{by: value}),)
        ]
    return found


def _only(live: Mapping[Group, int], by: str, value: str) -> Mapping[Group, int]:
    """The live calls of a category or locale; hourly sums do not say which version served what."""
    place = {"category": 0, "locale": 1}.get(by)
    return {} if place is None else {group: n for group, n in live.items() if group[place] == value}


def _trend(
    slug: str, seen: Evidence, today: date, key: str, live: Mapping[Group, int]
) -> dict[str, list[dict[str, Any]]]:
    """Points of the whole ("") and of the locales with most calls, the oldest first."""
    apart, count, back = TRENDS[key]
    days = [today - timedelta(days=apart * place) for place in reversed(range(count))]
    found: dict[str, list[dict[str, Any]]] = {}
    for locale in ["", *seen.values("locale")[:LINES]]:
        own = seen.of(locale=locale) if locale else seen
        mixed = _only(live, "locale", locale) if locale else live
        found[locale] = [
            _point(own.between(first, day), f"{slug} {key} {locale}", mixed, day)
            for day in days
            for first in (day - timedelta(days=back if day == today else back - 1),)
        ]
    return found


def _point(seen: Evidence, name: str, live: Mapping[Group, int], day: date) -> dict[str, Any]:
    whole = estimating.figure(seen, f"{name} {day}", live, draws=DRAWN)
    kept = ("state", "graded", "mean", "low", "high", "judged", "judge")
    return {"day": day.isoformat(), **{one: whole[one] for one in kept}}


def _arms(slug: str, seen: Evidence) -> list[dict[str, Any]]:
    """What a candidate, or a model that the router chose, loses against what it stands beside."""
    found = []
    stable = seen.of(arm="stable")
    tried = seen.of(arm="candidate")
    for version in tried.values("version"):
        own = tried.of(version=version)
        days = [one.day for one in own.verdicts] or [one.day for one in own.humans]
        beside = stable.between(min(days) - BEFORE, max(days))
        found.append(_arm(slug, "candidate", version, own, beside))
    first, *others = stable.values("model") or [""]
    found += [
        _arm(slug, "model", model, stable.of(model=model), stable.of(model=first), first)
        for model in others
        if model and first
    ]
    return [one for one in found if one["whole"]["judged"] >= LEAST_ARM]


def _arm(
    slug: str, kind: str, name: str, own: Evidence, control: Evidence, against: str = "stable"
) -> dict[str, Any]:
    said = f"{slug} {kind} {name}"
    locales = own.values("locale")[:LINES]
    return {
        "kind": kind,
        "name": name,
        "against": against,
        "whole": estimating.difference(own, control, said),
        "locales": [
            [one, estimating.difference(own.of(locale=one), control.of(locale=one), f"{said} {one}")]
            for one in locales
        ],
    }


def _judge(feature: Feature, seen: Evidence) -> dict[str, Any] | None:
    """What the present live judge is worth; None without one."""
    policy = live_judge.policies().filter(feature=feature).first()
    if policy is None:
        return None
    entry = live_judge.entry_of(policy)
    found = estimating.trust(seen, digest_of(entry))
    low, high = found.fail_recall.interval
    return {
        "title": f"{entry['prompt']} v{entry['version_number']}",
        "prompt": entry["prompt"],
        "number": entry["version_number"],
        "model": entry["model_name"],
        "share": policy.judge_share,
        "digest": digest_of(entry),
        "state": found.state.value,
        "because": found.because,
        "bias": found.bias,
        "fails": {"hits": found.fail_recall.hits, "n": found.fail_recall.n, "low": low, "high": high},
        "passes": {"hits": found.pass_recall.hits, "n": found.pass_recall.n},
    }


def features() -> Iterable[Feature]:
    """Those with calls that somebody or something judged."""
    judged = JudgedCall.objects.values("feature")
    drawn = ReviewItem.objects.filter(source=ReviewItem.Source.CALL).values("feature")
    sampled = SamplingPolicy.objects.values("feature")
    return Feature.objects.filter(Q(pk__in=judged) | Q(pk__in=drawn) | Q(pk__in=sampled)).order_by("pk")
