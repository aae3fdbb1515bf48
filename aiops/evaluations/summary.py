"""A run in figures: per scorer, in total and per category and locale. Counted by the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from aiops.evaluations import statistics
from aiops.evaluations.models import Run
from aiops.evaluations.scorers import CHECKS
from aiops.evaluations.statistics import Interval

EVERY = ""  # the name under which "every scorer passes" is counted

# First a case's repeats become one figure, then cases are counted; errors and nulls are missing, not zero.
_FIGURES = """
WITH judged AS MATERIALIZED (
  SELECT result.case_id, result.id, score.scorer, score.value, score.passed::int::float8 AS passed
  FROM evaluations_result AS result JOIN evaluations_score AS score ON score.result_id = result.id
  WHERE result.run_id = %(run)s
), everything AS (
  SELECT case_id, min(passed) AS passed FROM judged GROUP BY case_id, id
), cases AS (
  {cases}
)
SELECT scorer, grouping(c.category, c.locale) AS level, c.category, c.locale,
  count(value) AS n_value, avg(value) AS mean, stddev_samp(value) AS deviation,
  count(passed) AS n_passed, sum(passed) AS passed
FROM cases JOIN datasets_case AS c ON c.id = cases.case_id
GROUP BY GROUPING SETS ((scorer), (scorer, c.category), (scorer, c.locale))
"""
_ASKED_ONCE = """
  SELECT case_id, scorer, value, passed FROM judged
  UNION ALL SELECT case_id, '', NULL, passed FROM everything
"""
_REPEATED = """
  SELECT case_id, scorer, avg(value) AS value, avg(passed) AS passed FROM judged GROUP BY case_id, scorer
  UNION ALL SELECT case_id, '', NULL, avg(passed) FROM everything GROUP BY case_id
"""
_COUNTS = """
SELECT grouping(c.category, c.locale) AS level, c.category, c.locale, count(*) AS cases
FROM (SELECT DISTINCT case_id FROM evaluations_result WHERE run_id = %(run)s) AS asked
JOIN datasets_case AS c ON c.id = asked.case_id
GROUP BY GROUPING SETS ((), (c.category), (c.locale))
"""
_TOTAL, _CATEGORY, _LOCALE = 3, 1, 2  # grouping(): a bit is set where the column was summed over


@dataclass(frozen=True, slots=True)
class Figure:
    """One scorer over a group of cases. `missing` cases have no score: an error, or nothing to judge by."""

    cases: int
    n: int
    passed: float | None  # how many of n, repeats averaged; None where the scorer only gives values
    share: Interval | None
    mean: Interval | None
    mean_n: int

    @property
    def missing(self) -> int:
        return self.cases - max(self.n, self.mean_n)

    @property
    def enough(self) -> bool:
        return statistics.enough(max(self.n, self.mean_n))

    @property
    def shown(self) -> Interval | None:
        """The share of passes where there is one, else the mean."""
        return self.share or self.mean

    @property
    def shown_n(self) -> int:
        return self.n if self.share else self.mean_n


@dataclass(frozen=True, slots=True)
class Summary:
    """`totals` by scorer; the tables by scorer, then by the group's name. The scorer "" means every one
    passes.
    """

    totals: Mapping[str, Figure]
    by_category: Mapping[str, Mapping[str, Figure]]
    by_locale: Mapping[str, Mapping[str, Figure]]


def summarise(run: Run) -> Summary:
    """All figures of `run`, in two queries."""
    figures = _FIGURES.format(cases=_REPEATED if run.repeats > 1 else _ASKED_ONCE)
    counts = {_group(row): row["cases"] for row in _rows(_COUNTS, run) if row["cases"]}
    found = {(row["scorer"], *_group(row)): row for row in _rows(figures, run)}
    order = [EVERY, *(scorer["name"] for scorer in run.scorers), CHECKS]
    names = [name for name in order if name != CHECKS or (CHECKS, _TOTAL, "") in found] if counts else []

    def table(level: int) -> dict[str, dict[str, Figure]]:
        groups = {group: cases for (of, group), cases in counts.items() if of == level}
        return {
            name: {group: _figure(cases, found.get((name, level, group))) for group, cases in groups.items()}
            for name in names
        }

    totals = {name: groups[""] for name, groups in table(_TOTAL).items()}
    return Summary(totals, _sorted(table(_CATEGORY)), _sorted(table(_LOCALE)))


def _rows(sql: str, run: Run) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"run": run.pk})
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _group(row: Mapping[str, Any]) -> tuple[int, str]:
    level = row["level"]
    return level, {_TOTAL: "", _CATEGORY: row["category"], _LOCALE: row["locale"]}[level]


def _figure(cases: int, row: Mapping[str, Any] | None) -> Figure:
    if row is None:
        return Figure(cases=cases, n=0, passed=None, share=None, mean=None, mean_n=0)
    n, n_value = row["n_passed"], row["n_value"]
    return Figure(
        cases=cases,
        n=n,
        passed=row["passed"],
        share=statistics.wilson(row["passed"], n) if n else None,
        mean=statistics.mean_interval(row["mean"], row["deviation"], n_value) if n_value else None,
        mean_n=n_value,
    )


def _sorted(table: dict[str, dict[str, Figure]]) -> dict[str, dict[str, Figure]]:
    """Groups with the lowest figure first: what is broken stands on top; those too small to tell stand
    last.
    """

    def place(entry: tuple[str, Figure]) -> tuple[bool, float, str]:
        shown = entry[1].shown
        return (not entry[1].enough, shown.mid if shown else 2.0, entry[0])

    return {scorer: dict(sorted(groups.items(), key=place)) for scorer, groups in table.items()}
