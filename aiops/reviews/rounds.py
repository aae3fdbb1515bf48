"""A calibration round, person by person and item by item (pure): where people differ, and who is strict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from aiops.reviews.settling import differ, passes


@dataclass(frozen=True, slots=True)
class Line:
    """An item of the round: by person the value, None where there is none yet."""

    item: int
    values: list[float | None]
    spread: float
    differs: bool


@dataclass(frozen=True, slots=True)
class Person:
    """`offset`: mean of own values minus the mean of the others on the same items; None without others."""

    reviewer: int
    graded: int
    passed: int
    alone: int  # items on which everybody else said pass where this one said fail, or the other way
    offset: float | None


def lines(items: Sequence[int], people: Sequence[int], said: Mapping[tuple[int, int], float]) -> list[Line]:
    """A line for each item, the widest spread first; `said` by (item, reviewer)."""
    found = []
    for item in items:
        values = [said.get((item, person)) for person in people]
        given = [value for value in values if value is not None]
        spread = max(given) - min(given) if given else 0.0
        found.append(Line(item, values, spread, differ(given)))
    return sorted(found, key=lambda line: (not line.differs, -line.spread))


def persons(
    items: Sequence[int], people: Sequence[int], said: Mapping[tuple[int, int], float]
) -> list[Person]:
    return [_person(person, items, people, said) for person in people]


def _person(
    person: int, items: Sequence[int], people: Sequence[int], said: Mapping[tuple[int, int], float]
) -> Person:
    own = {item: said[item, person] for item in items if (item, person) in said}
    others = {
        item: [said[item, other] for other in people if other != person and (item, other) in said]
        for item in own
    }
    beside = [(own[item], values) for item, values in others.items() if values]
    return Person(
        reviewer=person,
        graded=len(own),
        passed=sum(passes(value) for value in own.values()),
        alone=sum(_alone(value, values) for value, values in beside),
        offset=mean(value - mean(values) for value, values in beside) if beside else None,
    )


def _alone(value: float, others: Sequence[float]) -> bool:
    words = {passes(other) for other in others}
    return len(words) == 1 and passes(value) not in words
