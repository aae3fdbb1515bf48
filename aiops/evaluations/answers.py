"""One case with the answers of several runs, each marked where it differs from the base's."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiops.core import diffs
from aiops.datasets.models import Case
from aiops.evaluations.matrix import Cell, Matrix, outputs
from aiops.evaluations.models import Result, Run


@dataclass(frozen=True, slots=True)
class Answer:
    """`line` holds the text with the words marked that the base's lacks; the base's own is unmarked, unless
    one other run stands beside it.
    """

    run: Run
    name: str
    result: Result | None
    cell: Cell
    line: diffs.Line
    is_base: bool


def of(matrix: Matrix, case: Case, base: Run, names: Sequence[str]) -> list[Answer]:
    """One answer for each run of the matrix, in its order."""
    runs = matrix.table.runs
    cells = matrix.cells_of(case.pk)
    results = outputs(runs, case, cells)
    texts = [_text(result) for result in results]
    at = next(place for place, run in enumerate(runs) if run.pk == base.pk)
    found = []
    for place, (run, name) in enumerate(zip(runs, names, strict=True)):
        line = (
            _base_line(texts, at)
            if place == at
            else diffs.Line("ins", diffs.words(texts[at], texts[place])[1])
        )
        found.append(Answer(run, name, results[place], cells[place], line, is_base=place == at))
    return found


def as_text(expected: Any) -> str | None:
    """What the case expects; None where it states nothing."""
    if expected is None or isinstance(expected, str):
        return expected
    return json.dumps(expected, ensure_ascii=False, indent=2)


def _base_line(texts: Sequence[str], at: int) -> diffs.Line:
    if len(texts) != 2:
        return diffs.Line("same", (diffs.Span(texts[at]),))
    return diffs.Line("del", diffs.words(texts[at], texts[1 - at])[0])


def _text(result: Result | None) -> str:
    if result is None:
        return ""
    return result.error if result.error_kind else result.output
