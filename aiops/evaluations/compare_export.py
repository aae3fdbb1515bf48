"""The comparison and the matrix as CSV. The matrix is a stream: 500 cases at a time."""

import json
from collections.abc import Iterator

from django.http import StreamingHttpResponse

from aiops.core.exports import stream_csv
from aiops.datasets.models import Case
from aiops.evaluations.compare import Cell, Comparison, Side
from aiops.evaluations.matrix import Line, Matrix
from aiops.evaluations.models import Result

CHUNK = 500
_FIGURES = ("cases", "missing", "quality", "low", "high", "difference", "difference_low", "difference_high")


def comparison_csv(found: Comparison) -> StreamingHttpResponse:
    """One row for each run in each group: all cases, categories, locales, scorers."""
    header = ["run", "approach", "group", "name", *_FIGURES, "gate", "cost_per_1000_usd", "p50_ms", "p95_ms"]
    return stream_csv("comparison.csv", header, _comparison(found))


def _comparison(found: Comparison) -> Iterator[list[object]]:
    for side in found.sides:
        yield [*_first(side), "all", "", *_figures(side.total), side.standing.value, *_facts(side)]
    tables = (("category", found.by_category), ("locale", found.by_locale), ("scorer", found.by_scorer))
    for kind, rows in tables:
        for row in rows:
            for side, cell in zip(found.sides, row.cells, strict=True):
                yield [*_first(side), kind, row.name, *_figures(cell), cell.state, "", "", ""]


def _first(side: Side) -> list[object]:
    return [side.run.pk, str(side.run.approach)]


def _facts(side: Side) -> list[object]:
    return [side.per_thousand, side.p50.ms, side.p95.ms]


def _figures(cell: Cell) -> list[object]:
    figure = cell.figure
    shown = figure.shown if figure else None
    bounds = [shown.mid, shown.low, shown.high] if shown else [None, None, None]
    sizes = [figure.shown_n, figure.missing] if figure else [None, None]
    return [*sizes, *bounds, cell.rise, cell.rise_low, cell.rise_high]


def matrix_csv(matrix: Matrix) -> StreamingHttpResponse:
    """One row for each case that the filters leave: of each run the state, the score and the answer."""
    runs = matrix.table.runs
    header = ["case", "category", "locale", "must_pass", "expected"]
    for run in runs:
        header += [f"run {run.pk} {part}" for part in ("state", "value", "output", "error")]
    return stream_csv("matrix.csv", header, _lines(matrix))


def _lines(matrix: Matrix) -> Iterator[list[object]]:
    for start in range(0, len(matrix), CHUNK):
        lines = matrix[start : start + CHUNK]
        ids = [line.case.pk for line in lines]
        expected = dict(Case.objects.filter(pk__in=ids).values_list("pk", "expected"))
        answers = _answers(matrix, ids)
        for line in lines:
            yield _line(matrix, line, expected[line.case.pk], answers)


def _answers(matrix: Matrix, ids: list[int]) -> dict[tuple[int, int], Result]:
    """By run and case: the first repeat."""
    rows = Result.objects.filter(run__in=matrix.table.runs, case__in=ids, repeat=0)
    return {(row.run_id, row.case_id): row for row in rows.only("run", "case", "output", "error")}


def _line(
    matrix: Matrix, line: Line, expected: object, answers: dict[tuple[int, int], Result]
) -> list[object]:
    case = line.case
    text = (
        expected
        if expected is None or isinstance(expected, str)
        else json.dumps(expected, ensure_ascii=False)
    )
    row: list[object] = [case.key, case.category, case.locale, case.must_pass, text]
    for run, cell in zip(matrix.table.runs, line.cells, strict=True):
        answer = answers.get((run.pk, case.pk))
        row += [cell.state, cell.value, answer.output if answer else None, answer.error if answer else None]
    return row
