"""Grades as CSV: `case`, `passed`, and if need be `repeat`, `reason`, `by` and `random`.

A row is a person's word on one result: `case` is the case's id, `repeat` counts from 0 as in exports.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aiops.core.errors import InvalidInput, Problem
from aiops.core.exports import FORMULA_STARTS
from aiops.datasets.formats.lines import LINE_LIMIT, lines
from aiops.evaluations.models import MAX_REASON

MAX_BYTES = 5 * 2**20
MAX_ROWS = 20_000
MAX_PROBLEMS = 50
REQUIRED = ("case", "passed")
COLUMNS = (*REQUIRED, "repeat", "reason", "by", "random")
_PASSED = {"pass": True, "passed": True, "true": True, "yes": True, "1": True,
           "fail": False, "failed": False, "false": False, "no": False, "0": False}  # fmt: skip  # a table
_RANDOM = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file as it was written; `repeat` None: not said."""

    line: int
    case: str
    repeat: int | None
    passed: bool
    reason: str
    by: str
    random: bool


@dataclass(slots=True)
class Faults:
    """The first problems of a file; the rest are only counted."""

    kept: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, message: str, line: int | None = None, case: str | None = None) -> None:
        self.count += 1
        if len(self.kept) < MAX_PROBLEMS:
            self.kept.append(Problem(message, line=line, case=case))

    def refuse(self) -> None:
        if self.count:
            more = f" The first {MAX_PROBLEMS} are shown." if self.count > MAX_PROBLEMS else ""
            plural = "" if self.count == 1 else "s"
            raise InvalidInput(f"{self.count:,} problem{plural}. No grade was taken over.{more}", self.kept)


def read(content: bytes, faults: Faults) -> tuple[list[str], list[Row]]:
    """The header's names and the rows of the file; what is wrong is added to `faults`."""
    header, table = _table(content, faults)
    rows = list(_rows(header, table, faults))
    if not rows and not faults.count:
        faults.add("there is a header only, no grades")
    return header, rows


def _table(content: bytes, faults: Faults) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header's names, and each row that says something with the line where it begins."""
    if len(content) > MAX_BYTES:
        faults.add(f"the file has {len(content) / 2**20:.0f} MB, at most {MAX_BYTES // 2**20} MB are taken")
        return [], []
    texts = []
    for _, text in lines(io.BytesIO(content)):
        if isinstance(text, Problem):
            faults.add(text.message, text.line)
            return [], []
        texts.append(text)
    rows = list(_cells(texts, faults))
    if faults.count:
        return [], []
    if not rows:
        faults.add("the file is empty")
        return [], []
    return _header(rows[0], faults), rows[1:]


def _cells(texts: list[str], faults: Faults) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LINE_LIMIT)
    first = next((text for text in texts if text.strip()), "")
    mark = next((mark for mark in (",", ";", "\t") if mark in first), ",")
    reader = csv.reader(texts, strict=True, delimiter=mark)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):  # spreadsheets end with rows of nothing
                yield line, [_plain(cell.strip()) for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        never = "end of data" in str(error)
        faults.add(
            "a quoted cell begins in this row and is never closed" if never else f"not valid CSV: {error}",
            line,
        )


def _plain(cell: str) -> str:
    """Exports put an apostrophe before what a spreadsheet would compute; it is no part of the cell."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell


def _header(row: tuple[int, list[str]], faults: Faults) -> list[str]:
    line, names = row[0], [name.lower() for name in row[1]]
    for name in REQUIRED:
        if name not in names:
            seen = ", ".join(names[:8]) or "nothing"
            faults.add(f'the column "{name}" is missing; the header says {seen}', line)
    for name in COLUMNS:
        if names.count(name) > 1:
            faults.add(f'the column "{name}" stands there twice', line)
    return names


def _rows(header: list[str], table: list[tuple[int, list[str]]], faults: Faults) -> Iterator[Row]:
    if faults.count:
        return
    if len(table) > MAX_ROWS:
        faults.add(f"the file has {len(table):,} grades, at most {MAX_ROWS:,} are taken at once")
        return
    for line, cells in table:
        if len(cells) > len(header):
            faults.add(f"the row has {len(cells)} cells, the header {len(header)}", line)
            continue
        padded = [*cells, *[""] * (len(header) - len(cells))]
        row = _row(line, dict(zip(header, padded, strict=True)), faults)
        if row is not None:
            yield row


def _row(line: int, cells: Mapping[str, str], faults: Faults) -> Row | None:
    """The row, or None once what is wrong has been added to `faults`."""
    case, before = cells["case"], faults.count
    if not case:
        faults.add("the case is missing", line)
    passed = _PASSED.get(cells["passed"].lower())
    if passed is None:
        faults.add(f"passed is pass or fail (or true, false, 1, 0), not {shown(cells['passed'])}", line, case)
    random = _RANDOM.get(cells.get("random", "").lower())
    if random is None:
        faults.add(f"random is yes or no, not {shown(cells['random'])}", line, case)
    repeat = cells.get("repeat", "")
    if repeat and not (repeat.isascii() and repeat.isdigit() and len(repeat) < 4):
        faults.add(f"repeat is a number from 0, not {shown(repeat)}", line, case)
    reason = cells.get("reason", "")
    if len(reason) > MAX_REASON:
        faults.add(f"the reason has {len(reason):,} characters, at most {MAX_REASON:,}", line, case)
    if faults.count > before or passed is None or random is None:
        return None
    number = int(repeat) if repeat else None
    return Row(line, case, number, passed, reason, cells.get("by", ""), random)


def shown(text: str) -> str:
    return f'"{text[:40]}"' if text else "empty"
