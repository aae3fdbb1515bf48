"""What is known of the answers of some days: verdicts of the live judge, and what people say of calls."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate

from aiops.features.models import Feature
from aiops.reviews.models import Grade, JudgedCall, ReviewItem, Seat, Stratum
from aiops.reviews.settling import final, passes

NOT_DRAWN = (Stratum.BY_HAND, Stratum.ESCALATED, Stratum.RUN)  # somebody chose them: they stand for no others
_SLICES = ("category", "locale", "approach_name", "arm", "model")


@dataclass(frozen=True, slots=True)
class Verdicts:
    """`n` calls of a day that are alike, and that the judge `digest` passed or failed."""

    day: date
    category: str
    locale: str
    version: str
    arm: str
    model: str
    digest: str
    passed: bool
    chance: float  # of having been judged
    n: int


@dataclass(frozen=True, slots=True)
class Human:
    """What people say of a call that was drawn with `chance`; `judge`: who judged it and how, if one did."""

    day: date
    category: str
    locale: str
    version: str
    arm: str
    model: str
    passed: bool
    chance: float
    is_random: bool
    judge: tuple[str, bool] | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """`unsettled`: graded calls that wait for a third person, and count as those say who graded so far."""

    verdicts: list[Verdicts]
    humans: list[Human]
    unsettled: int = 0

    def between(self, first: date, last: date) -> "Evidence":
        """Of the calls of these days."""
        return Evidence(
            [one for one in self.verdicts if first <= one.day <= last],
            [one for one in self.humans if first <= one.day <= last],
        )

    def of(self, **equal: str) -> "Evidence":
        """Of the calls whose category, locale, version, arm or model is this."""
        return Evidence(
            [one for one in self.verdicts if _is(one, equal)], [one for one in self.humans if _is(one, equal)]
        )

    def values(self, name: str) -> list[str]:
        """The categories, locales, … that occur, those with most verdicts first, then with most grades."""
        count: dict[str, int] = defaultdict(int)
        for one in self.verdicts:
            count[getattr(one, name)] += one.n
        for human in self.humans:
            count[getattr(human, name)] += 1
        return sorted(count, key=lambda value: (-count[value], value))


def _is(one: Verdicts | Human, equal: dict[str, str]) -> bool:
    return all(getattr(one, name) == value for name, value in equal.items())


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
