"""What is known of the answers of some days: verdicts of the live judge, and what people say of calls."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate

from aiops.features.models import Feature
from aiops.monitoring.quality.samples import Evidence, Human, Verdicts
from aiops.reviews.models import Grade, JudgedCall, ReviewItem, Seat, Stratum
from aiops.reviews.settling import final, passes

NOT_DRAWN = (Stratum.BY_HAND, Stratum.ESCALATED, Stratum.RUN)  # somebody chose them: they stand for no others
_SLICES = ("category", "locale", "approach_name", "arm", "model")


def evidence(feature: Feature, since: datetime) -> Evidence:
    """All of the calls since then, in five questions."""
    items = _items(feature, since)
    said = _verdicts_of(feature, [row["source_id"] for row in items.values()])
    values = _said(items)
    humans = [
        _human(row, final(*values[pk]), said.get(row["source_id"]))
        for pk, row in items.items()
        if pk in values
    ]
    waiting = sum(row["state"] == ReviewItem.State.ADJUDICATE for row in items.values())
    return Evidence(_judged(feature, since), [one for one in humans if one], waiting)


def _judged(feature: Feature, since: datetime) -> list[Verdicts]:
    rows = JudgedCall.objects.filter(
        feature=feature, at__gte=since, state=JudgedCall.State.JUDGED, is_random=True
    ).annotate(day=TruncDate("at", tzinfo=UTC))
    columns = ("day", *_SLICES, "digest", "passed", "probability")
    counted = rows.order_by().values_list(*columns).annotate(n=Count("id"))
    return [Verdicts(*row) for row in counted]


def _items(feature: Feature, since: datetime) -> dict[int, dict[str, Any]]:
    """Drawn calls that somebody graded, by the item's id. Probes and rounds are no sample."""
    rows = ReviewItem.objects.filter(
        feature=feature, source=ReviewItem.Source.CALL, source_at__gte=since, round=None, gold__isnull=True
    )
    graded = rows.filter(grades__isnull=False).exclude(state=ReviewItem.State.WITHDRAWN)
    columns = ("id", "source_id", "source_at", "state", "probability", "is_random", *_SLICES)
    found = graded.exclude(stratum__in=NOT_DRAWN).distinct().values(*columns)
    return {row["id"]: row for row in found}


def _said(items: Iterable[int]) -> dict[int, tuple[list[float], float | None]]:
    """By item the values of its grades, and what a third person decided."""
    found: dict[int, tuple[list[float], float | None]] = {}
    rows = Grade.objects.filter(item__in=list(items)).values_list("item", "value", "seat__role")
    for item, value, role in rows.order_by("item", "id"):
        values, decided = found.get(item, ([], None))
        if role == Seat.Role.ADJUDICATE:
            found[item] = (values, value)
        else:
            found[item] = ([*values, value], decided)
    return found


def _verdicts_of(feature: Feature, calls: list[str]) -> dict[str, tuple[str, bool]]:
    """By call the last judge that said something of it."""
    rows = JudgedCall.objects.filter(feature=feature, call_id__in=calls, state=JudgedCall.State.JUDGED)
    found = rows.order_by("id").values_list("call_id", "digest", "passed")
    return {call: (digest, bool(passed)) for call, digest, passed in found}


def _human(row: dict[str, Any], value: float | None, judge: tuple[str, bool] | None) -> Human | None:
    if value is None:
        return None
    category, locale, version, arm, model = (row[name] for name in _SLICES)
    return Human(
        row["source_at"].astimezone(UTC).date(), category, locale, version, arm, model, passes(value),
        row["probability"], row["is_random"], judge,
    )  # fmt: skip  # arguments by what they belong to
