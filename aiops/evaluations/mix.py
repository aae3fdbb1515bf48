"""How a golden set's mix of categories and locales differs from that of the live calls. Pure.

A group is (category, locale). A dimension that most calls or most cases leave open is not looked at: all
groups then have "" there.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiops.evaluations.statistics import LEAST

Group = tuple[str, str]

LEAST_CALLS = 100  # below this many live calls there is no mix to speak of
WORTH = 0.01  # of live calls, from which on a group is missed
ALIKE = 0.1  # the distance up to which two mixes are alike, beside what chance makes
UNSAID = frozenset(
    ("", "unknown")
)  # what the gateway writes for a call without a category, and what a case has
SHOWN = 8  # rows of a table, and groups that are named
BETWEEN = " · "


@dataclass(frozen=True, slots=True)
class Share:
    """A category, a locale or a group: how many cases and live calls, and what shares of all these are."""

    name: str
    cases: int
    calls: int
    in_set: float
    live: float
    group: Group = ("", "")


@dataclass(frozen=True, slots=True)
class Folded:
    """Live calls by group, and which dimensions are looked at."""

    by_category: bool
    by_locale: bool
    live: Mapping[Group, int]

    def group(self, category: str, locale: str) -> Group:
        """The group of a case."""
        return (_said(category) if self.by_category else "", locale if self.by_locale else "")

    @property
    def nothing(self) -> bool:
        """Whether neither is looked at: nothing can be told apart."""
        return not (self.by_category or self.by_locale)


@dataclass(frozen=True, slots=True)
class Mix:
    """Both mixes. `distance` is their total variation: the share of calls that would have to be others, 0..1.

    `gaps` are the groups with at least 1 % of live calls and fewer than 20 cases, the most asked first.
    """

    calls: int
    days: int
    cases: int
    folded: Folded
    distance: float
    alike: bool
    categories: tuple[Share, ...]
    locales: tuple[Share, ...]
    gaps: tuple[Share, ...]

    @property
    def enough(self) -> bool:
        return self.calls >= LEAST_CALLS

    @property
    def tables(self) -> list[tuple[str, tuple[Share, ...], int]]:
        """(heading, rows that differ most, how many more there are) of each dimension that is looked at."""
        both = (("Category", self.categories), ("Locale", self.locales))
        return [(title, rows[:SHOWN], max(0, len(rows) - SHOWN)) for title, rows in both if rows]

    @property
    def named_gaps(self) -> tuple[Share, ...]:
        return self.gaps[:SHOWN]

    @property
    def more_gaps(self) -> int:
        return max(0, len(self.gaps) - SHOWN)


def mixed(cases: Mapping[Group, int], live: Mapping[Group, int], days: int) -> Mix:
    """The set's `cases` against the `live` calls of the last `days`, by category and locale as written."""
    folded = fold(cases, live)
    own: Counter[Group] = Counter()
    for group, count in cases.items():
        own[folded.group(*group)] += count
    rows = _shares(own, folded.live)
    distance = sum(abs(row.in_set - row.live) for row in rows.values()) / 2
    calls = sum(live.values())
    gaps = [row for row in rows.values() if row.live >= WORTH and row.cases < LEAST]
    return Mix(
        calls=calls,
        days=days,
        cases=sum(cases.values()),
        folded=folded,
        distance=distance,
        alike=distance <= ALIKE + _chance(rows.values(), calls),
        categories=_table(own, folded.live, 0) if folded.by_category else (),
        locales=_table(own, folded.live, 1) if folded.by_locale else (),
        gaps=() if folded.nothing else tuple(sorted(gaps, key=lambda row: -row.live)),
    )


def fold(cases: Mapping[Group, int], live: Mapping[Group, int]) -> Folded:
    """The live calls by what most of the calls and most of the cases say.

    A call's locale is taken for the nearest of the set's (RFC 4647's lookup): "ja-JP" for "ja".
    """
    by_category = all(_mostly(counts, 0) for counts in (cases, live))
    by_locale = all(_mostly(counts, 1) for counts in (cases, live))
    known = {locale.lower(): locale for _, locale in cases if locale}
    found: Counter[Group] = Counter()
    for (category, locale), count in live.items():
        if count:
            found[_said(category) if by_category else "", _nearest(locale, known) if by_locale else ""] += (
                count
            )
    return Folded(by_category, by_locale, found)


def _mostly(counts: Mapping[Group, int], place: int) -> bool:
    """Whether more than half of them say it."""
    said = sum(count for group, count in counts.items() if group[place] not in UNSAID)
    return 2 * said > sum(counts.values())


def _said(category: str) -> str:
    return "" if category in UNSAID else category


def _nearest(locale: str, known: Mapping[str, str]) -> str:
    written = locale.replace("_", "-")
    tag = written.lower()
    while tag:
        if tag in known:
            return known[tag]
        tag = tag.rpartition("-")[0]
    return written


def _shares(cases: Mapping[Group, int], live: Mapping[Group, int]) -> dict[Group, Share]:
    n, calls = sum(cases.values()), sum(live.values())
    return {
        group: Share(
            name=BETWEEN.join(filter(None, group)),
            cases=cases.get(group, 0),
            calls=live.get(group, 0),
            in_set=cases.get(group, 0) / n if n else 0.0,
            live=live.get(group, 0) / calls if calls else 0.0,
            group=group,
        )
        for group in sorted({*cases, *live})
    }


def _table(cases: Mapping[Group, int], live: Mapping[Group, int], place: int) -> tuple[Share, ...]:
    """One dimension alone, what differs most first."""
    sums: list[Counter[Group]] = []
    for counts in (cases, live):
        one: Counter[Group] = Counter()
        for group, count in counts.items():
            one[group[place], ""] += count
        sums.append(one)
    return tuple(sorted(_shares(*sums).values(), key=lambda row: -abs(row.in_set - row.live)))


def _chance(rows: Iterable[Share], calls: int) -> float:
    """The distance that so few calls have on average where their true mix is the set's."""
    if not calls:
        return 0.0
    return sum(math.sqrt(row.in_set * (1 - row.in_set) / (2 * math.pi * calls)) for row in rows)
