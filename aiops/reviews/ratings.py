"""How far people agree, from what they said (statistics f). Loads statsmodels: for workers only.

Of each item only what was said blind counts, one row a person. A table of two counts an item once: its first
two seats. Alpha counts all seats.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aiops.evaluations.agreement import MINIMUM, agreement, alpha

_Z = 1.959964  # two-sided 95 %
Level = Literal["nominal", "ordinal"]
FAIL_PASS = (0, 1)
ONE_TO_FIVE = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Rating:
    """What `reviewer` said of `item`: one of the scale's numbers."""

    item: int
    reviewer: int
    seat: int
    raw: int


def figures(ratings: Iterable[Rating], scale: Sequence[int]) -> dict[str, Any]:
    """Agreement of people with each other on the items that two or more graded, for `agreed.py` to keep."""
    items = by_item(ratings)
    pairs = [(rows[0].raw, rows[1].raw) for rows in items.values()]
    found = of_pairs(pairs, scale)
    if len(pairs) >= MINIMUM:
        value, units = alpha(*_matrix(items, scale))
        found |= {"alpha": value, "units": units}
    return found


def by_item(ratings: Iterable[Rating]) -> dict[int, list[Rating]]:
    """The ratings of each item that two people or more graded, by seat."""
    found: defaultdict[int, list[Rating]] = defaultdict(list)
    for rating in ratings:
        found[rating.item].append(rating)
    return {
        item: sorted(rows, key=lambda rating: rating.seat) for item, rows in found.items() if len(rows) > 1
    }


def of_pairs(pairs: Sequence[tuple[int, int]], scale: Sequence[int]) -> dict[str, Any]:
    """Agreement of two: `n`, `equal`, `passed` (share of all that was said), and from 20 on the rest."""
    places = {raw: place for place, raw in enumerate(scale)}
    table = [[0] * len(scale) for _ in scale]
    for one, other in pairs:
        table[places[one]][places[other]] += 1
    equal = sum(table[place][place] for place in range(len(scale)))
    said = [raw for pair in pairs for raw in pair]
    good = sum(raw in _passing(scale) for raw in said)
    found: dict[str, Any] = {
        "n": len(pairs),
        "equal": equal,
        "passed": good / len(said) if said else None,
        "table": table,
    }
    return found | (_sure(table) if len(pairs) >= MINIMUM else {})


def _sure(table: Sequence[Sequence[int]]) -> dict[str, Any]:
    counted = agreement(table)
    half = _Z * counted.ac1_se
    return {
        "agreement": counted.agreement,
        "ac1": {
            "value": counted.ac1,
            "low": max(-1.0, counted.ac1 - half),
            "high": min(1.0, counted.ac1 + half),
        },
        "kappa": {"value": counted.kappa, "low": counted.kappa_low, "high": counted.kappa_high},
    }


def _passing(scale: Sequence[int]) -> Sequence[int]:
    return (1,) if tuple(scale) == FAIL_PASS else (4, 5)


def _matrix(
    items: Mapping[int, Sequence[Rating]], scale: Sequence[int]
) -> tuple[list[list[float | None]], Level]:
    """People by items, as alpha wants it."""
    columns = {item: place for place, item in enumerate(items)}
    rows: defaultdict[int, list[float | None]] = defaultdict(lambda: [None] * len(columns))
    for ratings in items.values():
        for rating in ratings:
            rows[rating.reviewer][columns[rating.item]] = rating.raw
    return list(rows.values()), "nominal" if tuple(scale) == FAIL_PASS else "ordinal"
