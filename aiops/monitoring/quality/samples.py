"""What is known of answers, as plain values (pure)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date


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
