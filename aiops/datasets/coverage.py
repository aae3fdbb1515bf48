"""Coverage: how many cases of each category there are in each locale, and where they are too few."""

from collections.abc import Sequence
from dataclasses import dataclass

THIN = 20  # below it a share says little: 18 of 19 right may truly be 75 %
SIZES = ((50, "a narrow prompt"), (100, "a launch"), (200, "a multi-purpose prompt"))
MAX_LOCALES = 12
MAX_CATEGORIES = 200

Cell = Sequence[str | int]  # category, locale, cases


@dataclass(frozen=True, slots=True)
class Matrix:
    """Categories down, locales across. `rows`: category, its counts per locale, its sum."""

    locales: list[str]
    rows: list[tuple[str, list[tuple[str, int]], int]]
    totals: list[tuple[str, int]]
    total: int
    thin: int  # cells with too few cases
    empty: int  # cells without any
    left_out: int  # categories or locales that are not shown


def matrix(cells: Sequence[Cell]) -> Matrix:
    """The matrix of `cells` as a dataset remembers them: the largest 200 categories by 12 locales."""
    counts = {(str(category), str(locale)): int(cases) for category, locale, cases in cells}
    of_category, of_locale = dict(names(cells, 0)), dict(names(cells, 1))
    locales = sorted(of_locale, key=lambda name: (-of_locale[name], name))[:MAX_LOCALES]
    categories = sorted(of_category, key=lambda name: (-of_category[name], name))[:MAX_CATEGORIES]
    rows = [
        (category, [(locale, counts.get((category, locale), 0)) for locale in locales], of_category[category])
        for category in categories
    ]
    numbers = [number for _, row, _ in rows for _, number in row]
    return Matrix(
        locales=locales,
        rows=rows,
        totals=[(locale, of_locale[locale]) for locale in locales],
        total=sum(counts.values()),
        thin=sum(0 < number < THIN for number in numbers),
        empty=numbers.count(0),
        left_out=len(of_locale) - len(locales) + len(of_category) - len(categories),
    )


def names(cells: Sequence[Cell], axis: int) -> list[tuple[str, int]]:
    """Categories (axis 0) or locales (axis 1) with their cases, by name."""
    sums: dict[str, int] = {}
    for cell in cells:
        sums[str(cell[axis])] = sums.get(str(cell[axis]), 0) + int(cell[2])
    return sorted(sums.items())


def size_in_words(cases: int) -> str:
    """Where a set of `cases` stands among the usual sizes."""
    enough = [(size, what) for size, what in SIZES if cases >= size]
    missing = [(size, what) for size, what in SIZES if cases < size]
    said = f"Enough for {enough[-1][1]} (usually {enough[-1][0]})" if enough else "Fewer than any usual set"
    if not missing:
        return f"{said}."
    size, what = missing[0]
    return f"{said}; {size - cases} more for {what} (usually {size})."
