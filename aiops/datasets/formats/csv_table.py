"""Golden cases as CSV: `id`, `input.<variable>`, `expected`, `category`, `locale`, `tags`, `metadata`, …

Cells are text. `expected` is text too, unless it begins with `{`, `[` or `"` and is JSON; empty means null.
`tags` are separated by commas, or a JSON list. `metadata` and `checks` are JSON. An apostrophe before `=`,
`+`, `-` or `@` is no part of the cell: exports put it there, so that a spreadsheet computes nothing.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

from aiops.core.errors import Problem
from aiops.datasets.content import CaseContent
from aiops.datasets.formats.items import Item, RawCase
from aiops.datasets.formats.lines import LINE_LIMIT, lines
from aiops.datasets.formats.strict_json import BadJson, decode
from aiops.datasets.validation import FIELDS, quoted, unknown

_PREFIX = "input."
_COLUMNS = ("id", "input.<variable>", *FIELDS[2:])
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0", ""}


_FORMULA = re.compile("'*[=+\\-@\\t\\r\\n＝＋－＠]")
_STARTS = "'=+-@\t\r\n＝＋－＠"


class _Unreadable(Exception):
    """A line that cannot be decoded: what follows it cannot be told apart into rows."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def parse(file: BinaryIO) -> Iterator[Item]:
    """The cases of `file`. The header is line 1; a row's line is the one where it begins."""
    csv.field_size_limit(LINE_LIMIT)
    try:
        yield from _table(_texts(file))
    except _Unreadable as error:
        yield error.problem


def dump(cases: Callable[[], Iterable[CaseContent]]) -> Iterator[str]:
    """The lines of a file that says the cases, read twice: for their variables, then for their rows."""
    variables = sorted({name for case in cases() for name in case.inputs})
    yield _row(["id", *(_PREFIX + name for name in variables), *FIELDS[2:]])
    for case in cases():
        parts = case.parts()
        yield _row(
            [
                case.key,
                *(case.inputs.get(name, "") for name in variables),
                _expected_cell(case.expected, parts["expected"]),
                case.category,
                case.locale,
                parts["tags"] if case.tags else "",
                parts["metadata"] if case.metadata else "",
                "true" if case.must_pass else "",
                parts.get("checks", ""),
            ]
        )


def _texts(file: BinaryIO) -> Iterator[str]:
    for _, line in lines(file):
        if isinstance(line, Problem):
            raise _Unreadable(line)
        yield line


def _table(texts: Iterator[str]) -> Iterator[Item]:
    blank: list[str] = []
    first = next((text for text in texts if text.strip() or blank.append(text)), None)  # type: ignore[func-returns-value]  # append() is falsy
    if first is None:
        return
    rows = csv.reader(chain(blank, [first], texts), strict=True, delimiter=_delimiter(first))
    header: Any = next(row for row in iter(lambda: _next(rows), None) if row)  # the line `first` makes one
    if isinstance(header, Problem):
        yield header
        return
    problems = _header_problems(header)
    yield from problems
    if not problems:
        yield from _rows(rows, header)


def _rows(rows: Any, header: list[str]) -> Iterator[Item]:
    count = 0
    while True:
        line = rows.line_num + 1
        cells = _next(rows)
        if cells is None:
            break
        if isinstance(cells, Problem):
            yield Problem(cells.message, line=line)
            return
        if any(cells):  # spreadsheets end with rows of nothing
            count += 1
            yield _case(line, header, cells)
    if not count:
        yield Problem("there is a header only, no cases")


def _next(rows: Any) -> Any:
    """The next row, None at the end, or a Problem where quotes are wrong."""
    try:
        return next(rows, None)
    except csv.Error as error:
        message = str(error)
        if "end of data" in message:
            message = "a quoted cell begins in this row and is never closed"
        elif "limit" in message:
            message = "a cell has more than 4 MB; is a quote never closed?"
        return Problem(f"not valid CSV: {message}", line=1)


def _delimiter(header: str) -> str:
    """A comma, or what spreadsheets of other countries write instead."""
    return next((mark for mark in (",", ";", "\t") if mark in header), ",")


def _header_problems(header: list[str]) -> list[Problem]:
    problems = [
        Problem(unknown(name, _COLUMNS, "column"), line=1)
        for name in header
        if name not in FIELDS and not (name.startswith(_PREFIX) and name != _PREFIX)
    ]
    problems += [Problem('the column "inputs" must be split: input.<variable> for each variable', line=1)] * (
        "inputs" in header
    )
    twice = {name for name in header if header.count(name) > 1}
    problems += [Problem(f"the column {quoted(name)} stands there twice", line=1) for name in sorted(twice)]
    if "id" not in header and not problems:
        problems.append(Problem('the column "id" is missing', line=1))
    if not any(name.startswith(_PREFIX) for name in header) and not problems:
        problems.append(Problem("there is no column input.<variable>, as input.message", line=1))
    return problems


def _case(line: int, header: list[str], cells: list[str]) -> Item:
    if len(cells) != len(header):
        name = cells[header.index("id")] if len(cells) > header.index("id") else None
        return Problem(f"the row has {len(cells)} cells, the header has {len(header)}", line=line, case=name)
    named = dict(zip(header, cells, strict=True))
    named = {name: _bare(cell) for name, cell in named.items()}
    inputs = {name.removeprefix(_PREFIX): cell for name, cell in named.items() if name.startswith(_PREFIX)}
    values: dict[str, Any] = {"id": named["id"], "inputs": inputs}
    try:
        for name in FIELDS[2:]:
            if name in named:
                values[name] = _READ.get(name, str)(named[name])
    except BadJson as error:
        return Problem(f"{name}: {error}", line=line, case=named["id"] or None)
    return RawCase(line, values)


def _expected(cell: str) -> Any:
    if not cell:
        return None
    if cell[0] not in '{["':
        return cell
    try:
        return decode(cell)
    except BadJson:
        return cell


def _tags(cell: str) -> Any:
    if cell.startswith("["):
        return decode(cell)
    return [tag.strip() for tag in cell.split(",") if tag.strip()]


def _json(cell: str) -> Any:
    return decode(cell) if cell.strip() else None


def _truth(cell: str) -> bool:
    word = cell.strip().lower()
    if word not in _TRUE | _FALSE:
        raise BadJson(f"{quoted(cell)} is neither true nor false")
    return word in _TRUE


_READ: dict[str, Callable[[str], Any]] = {
    "expected": _expected,
    "tags": _tags,
    "metadata": _json,
    "checks": _json,
    "must_pass": _truth,
}


def _expected_cell(value: Any, encoded: str) -> str:
    """The text itself where reading it gives it back, else its JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) and _expected(value) == value else encoded


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell and cell[0] in _STARTS and _FORMULA.match(cell) else cell


def _bare(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def _row(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(
        cells
    )  # it quotes what its line end holds, so both of them
    return f"{out.getvalue()[:-2]}\n"
