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
_SUMMARY = """
WITH answers AS (
  SELECT result.id, result.case_id, c.category, c.locale, result.error_kind <> '' AS failed
  FROM evaluations_result AS result JOIN datasets_case AS c ON c.id = result.case_id
  WHERE result.run_id = %(run)s
), judged AS (
  SELECT answers.id, score.scorer, score.value, score.passed::int AS passed
  FROM answers JOIN evaluations_score AS score ON score.result_id = answers.id
), everything AS (
  SELECT id, '' AS scorer, NULL::float8 AS value, min(passed) AS passed FROM judged GROUP BY id
), names AS (
  SELECT DISTINCT scorer FROM judged UNION SELECT ''
), cases AS (
  SELECT answers.case_id, answers.category, answers.locale, names.scorer,
    avg(coalesce(judged.value, everything.value)) AS value,
    avg(coalesce(judged.passed, everything.passed)) AS passed, count(*) AS results
  FROM answers CROSS JOIN names
  LEFT JOIN judged ON judged.id = answers.id AND judged.scorer = names.scorer
  LEFT JOIN everything ON everything.id = answers.id AND names.scorer = ''
  GROUP BY answers.case_id, answers.category, answers.locale, names.scorer
)
SELECT scorer, grouping(category, locale) AS level, category, locale, count(*) AS cases,
  count(value) AS n_value, avg(value) AS mean, stddev_samp(value) AS deviation,
  count(passed) AS n_passed, coalesce(sum(passed), 0)::float8 AS passed
FROM cases GROUP BY GROUPING SETS ((scorer), (scorer, category), (scorer, locale))
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
    """All figures of `run` in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMMARY, {"run": run.pk})
        names = [column.name for column in cursor.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    tables: dict[int, dict[str, dict[str, Figure]]] = {_TOTAL: {}, _CATEGORY: {}, _LOCALE: {}}
    for row in found:
        group = {_TOTAL: "", _CATEGORY: row["category"], _LOCALE: row["locale"]}[row["level"]]
        tables[row["level"]].setdefault(row["scorer"], {})[group] = _figure(row)
    order = [EVERY, *(scorer["name"] for scorer in run.scorers), CHECKS]
    totals = {name: tables[_TOTAL][name][""] for name in order if name in tables[_TOTAL]}
    return Summary(totals, _sorted(tables[_CATEGORY]), _sorted(tables[_LOCALE]))


def _figure(row: Mapping[str, Any]) -> Figure:
    n, n_value = row["n_passed"], row["n_value"]
    return Figure(
        cases=row["cases"],
        n=n,
        passed=row["passed"] if n else None,
        share=statistics.wilson(row["passed"], n),
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
