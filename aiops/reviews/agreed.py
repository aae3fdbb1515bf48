"""How far the people of a feature agree. Slow to import (statsmodels): for workers only.

Rounds are left out, since people learn in them, and probes, since their answer is known; these stand by
themselves. What a third person said counts as what was settled, not as one of those who agree.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from django.db.models import Q

from aiops.features.models import Feature
from aiops.reviews import judged
from aiops.reviews.models import AgreementReport, Grade, ReviewItem, Scale, Seat, Stratum
from aiops.reviews.ratings import FAIL_PASS, ONE_TO_FIVE, Rating, by_item, figures, of_pairs
from aiops.reviews.settling import final, passes

WINDOW = timedelta(weeks=13)
# The scale, then the columns of `Said` in their order.
_COLUMNS = (
    *("scale", "item_id", "reviewer_id", "seat__number", "seat__role", "raw", "value"),
    *("item__category", "item__locale"),
)
SLICES = 50  # categories and locales, those with most; pairs of people too


@dataclass(frozen=True, slots=True)
class Said:
    """A grade with what its item is sliced by; `third`: of the person who decided."""

    item: int
    reviewer: int
    seat: int
    third: bool
    raw: int
    value: float
    category: str
    locale: str

    @property
    def passed(self) -> int:
        return int(passes(self.value))


def reckoned(feature: Feature, *, now: datetime) -> AgreementReport:
    """Reckon the agreement in `feature` and keep it."""
    found = report(feature, now - WINDOW)
    kept, _ = AgreementReport.objects.update_or_create(
        feature=feature, defaults={"figures": found, "at": now}
    )
    return kept


def report(feature: Feature, since: datetime) -> dict[str, Any]:
    """All that the pages show. `left_out`: grades on another scale than the newest."""
    scale, rows, left_out = _said(feature, since)
    steps = FAIL_PASS if scale == Scale.PASS_FAIL else ONE_TO_FIVE
    drawn = Q(is_random=True) | Q(stratum=Stratum.RUN)  # the tail is where a judge is known to be wrong
    judges = judged.verdicts(ReviewItem.objects.filter(drawn, pk__in={row.item for row in rows}))
    blind = [row for row in rows if not row.third]
    golden = _golden(feature, since)
    return {
        "scale": scale,
        "left_out": left_out,
        "people": figures(_ratings(blind), steps),
        "categories": _sliced(blind, "category", steps),
        "locales": _sliced(blind, "locale", steps),
        "pairs": _pairs(blind, steps),
        "judge": of_pairs(_beside_judge(rows, judges), FAIL_PASS),
        "gold": of_pairs([pair for pairs in golden.values() for pair in pairs], FAIL_PASS),
        "decided": sum(row.third for row in rows),
        "reviewers": _persons(rows, judges, golden),
    }


def _said(feature: Feature, since: datetime) -> tuple[str, list[Said], int]:
    """The scale of the newest grade, the grades on it, and how many are on the other one."""
    rows = Grade.objects.filter(item__feature=feature, item__round=None, at__gte=since)
    rows = rows.exclude(item__state=ReviewItem.State.WITHDRAWN).order_by("-at", "-id")
    found = list(rows.values_list(*_COLUMNS))
    scale = found[0][0] if found else Scale.PASS_FAIL.value
    kept = [
        Said(item, reviewer, number, role == Seat.Role.ADJUDICATE, raw, value, category, locale)
        for of, item, reviewer, number, role, raw, value, category, locale in found
        if of == scale
    ]
    return scale, kept, len(found) - len(kept)


def _ratings(rows: Iterable[Said]) -> list[Rating]:
    return [Rating(row.item, row.reviewer, row.seat, row.raw) for row in rows]


def _sliced(rows: Sequence[Said], by: str, scale: Sequence[int]) -> list[tuple[str, dict[str, Any]]]:
    """Agreement of two by category or locale, those with most first."""
    groups: defaultdict[str, list[Said]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, by)].append(row)
    found = [(name, of_pairs(_firsts(group), scale)) for name, group in groups.items()]
    return sorted((one for one in found if one[1]["n"]), key=lambda one: (-one[1]["n"], one[0]))[:SLICES]


def _firsts(rows: Iterable[Said]) -> list[tuple[int, int]]:
    """Of each item the first two seats."""
    return [(ratings[0].raw, ratings[1].raw) for ratings in by_item(_ratings(rows)).values()]


def _pairs(rows: Sequence[Said], scale: Sequence[int]) -> list[tuple[int, int, dict[str, Any]]]:
    """Agreement of each two people, by their numbers."""
    found: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for ratings in by_item(_ratings(rows)).values():
        for one, other in combinations(sorted(ratings, key=lambda rating: rating.reviewer), 2):
            found[one.reviewer, other.reviewer].append((one.raw, other.raw))
    most = sorted(found.items(), key=lambda pair: -len(pair[1]))[:SLICES]
    return [(one, other, of_pairs(pairs, scale)) for (one, other), pairs in most]


def _finals(rows: Iterable[Said]) -> dict[int, int]:
    """By item whether people pass it: the third person's word, else the mean of the others."""
    said: defaultdict[int, list[float]] = defaultdict(list)
    third: dict[int, float] = {}
    for row in rows:
        if row.third:
            third[row.item] = row.value
        else:
            said[row.item].append(row.value)
    values = {item: final(said[item], third.get(item)) for item in {*said, *third}}
    return {item: int(passes(value)) for item, value in values.items() if value is not None}


def _beside_judge(rows: Iterable[Said], judges: Mapping[int, bool]) -> list[tuple[int, int]]:
    finals = _finals(rows)
    return [(finals[item], int(passed)) for item, passed in judges.items() if item in finals]


def _golden(feature: Feature, since: datetime) -> dict[int, list[tuple[int, int]]]:
    """By person what they said of probes, beside what is known of them: pass or fail."""
    rows = Grade.objects.filter(item__feature=feature, item__gold__isnull=False, at__gte=since)
    found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for reviewer, passed, gold in rows.values_list("reviewer_id", "passed", "item__gold"):
        found[reviewer].append((int(passed), int((gold or {})["passed"])))
    return found


def _persons(
    rows: Sequence[Said], judges: Mapping[int, bool], golden: Mapping[int, list[tuple[int, int]]]
) -> dict[str, dict[str, Any]]:
    """Each person beside the others, beside what a third one settled, beside the judge and known answers."""
    own: defaultdict[int, list[Said]] = defaultdict(list)
    here: defaultdict[int, list[Said]] = defaultdict(list)
    for row in rows:
        if row.third:
            continue
        own[row.reviewer].append(row)
        here[row.item].append(row)
    settled = {row.item: row.passed for row in rows if row.third}
    return {
        str(person): {
            "graded": len(own[person]),
            "passed": sum(row.passed for row in own[person]) / len(own[person]) if own[person] else None,
            "others": of_pairs(_beside_others(own[person], here), FAIL_PASS),
            "settled": of_pairs(_beside(own[person], settled), FAIL_PASS),
            "judge": of_pairs(_beside(own[person], judges), FAIL_PASS),
            "gold": of_pairs(golden.get(person, []), FAIL_PASS),
        }
        for person in {*own, *golden}
    }


def _beside(rows: Iterable[Said], known: Mapping[int, int]) -> list[tuple[int, int]]:
    return [(row.passed, int(known[row.item])) for row in rows if row.item in known]


def _beside_others(rows: Iterable[Said], here: Mapping[int, Sequence[Said]]) -> list[tuple[int, int]]:
    """Each item once: beside the first seat that somebody else graded."""
    found = []
    for row in rows:
        others = sorted((one for one in here[row.item] if one is not row), key=lambda one: one.seat)
        if others:
            found.append((row.passed, others[0].passed))
    return found


def stale(now: datetime) -> list[Feature]:
    """Features with a grade that is newer than their report, or changed since, or with no report yet."""
    newest = dict(AgreementReport.objects.values_list("feature_id", "at"))
    features = Feature.objects.filter(review_items__grades__at__gte=now - WINDOW).distinct()
    return [feature for feature in features if _moved(feature, newest.get(feature.pk))]


def _moved(feature: Feature, since: datetime | None) -> bool:
    if since is None:
        return True
    of = ReviewItem.objects.filter(feature=feature)
    return of.filter(Q(grades__at__gte=since) | Q(edits__at__gte=since)).exists()
