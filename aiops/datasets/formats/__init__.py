"""File formats of golden cases: a parser each, read through one reader that finds every problem.

reader = read(file, "jsonl")
for case in reader: ...        # as long as nothing is wrong
reader.refuse_if_wrong()       # InvalidInput with up to 50 problems
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath
from typing import BinaryIO

from aiops.core.errors import InvalidInput, Problem
from aiops.datasets.content import MAX_CASES
from aiops.datasets.formats import csv_table, jsonl, promptfoo
from aiops.datasets.formats.items import Item, Note, RawCase
from aiops.datasets.validation import Checked, check, quoted

MAX_PROBLEMS = 50

PARSERS: dict[str, Callable[[BinaryIO], Iterator[Item]]] = {
    "jsonl": jsonl.parse,
    "csv": csv_table.parse,
    "promptfoo": promptfoo.parse,
}
_SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".yaml": "promptfoo",
    ".yml": "promptfoo",
}


def guess(filename: str) -> str:
    """The format that the ending of `filename` means. Raises InvalidInput where it means none."""
    suffix = PurePath(filename).suffix.lower()
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    advice = "cases come as JSON Lines (.jsonl), CSV (.csv) or promptfoo YAML (.yaml)"
    if suffix in {".xlsx", ".xls", ".ods", ".numbers"}:
        advice += "; export the sheet as CSV (UTF-8)"
    raise InvalidInput(
        f"The format of {quoted(PurePath(filename).name)} cannot be told by its ending: {advice}."
    )


def read(file: BinaryIO, format: str) -> "CaseReader":  # noqa: A002 - the word of CONTRACTS 1
    """A reader of the cases in `file`, a binary file that can seek."""
    if format not in PARSERS:
        raise InvalidInput(f"There is no format {quoted(format)}. Formats: {', '.join(PARSERS)}.")
    return CaseReader(PARSERS[format](file))


class CaseReader:
    """Iterate once: the checked cases, until something is wrong; the rest is then read for problems only."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = items
        self._lines: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.notes: list[Note] = []
        self.count = 0

    def __iter__(self) -> Iterator[Checked]:
        for item in self._items:
            if isinstance(item, Note):
                self.notes.append(item)
                continue
            if isinstance(item, Problem):
                self.problems.append(item)
            elif (found := self._checked(item)) and not self.problems:
                yield found
            if len(self.problems) >= MAX_PROBLEMS or self.count > MAX_CASES:
                return
        if not self.count and not self.problems:
            empty = "all of the file was left out" if self.notes else "the file is empty"
            self.problems.append(Problem(f"{empty}: it has no cases"))

    def refuse_if_wrong(self) -> None:
        """Once all is read: raise InvalidInput with all problems, if there are any."""
        if self.problems:
            raise refusal(self.problems)

    def _checked(self, item: RawCase) -> Checked | None:
        self.count += 1
        if self.count > MAX_CASES:
            self._refuse(item, [f"more than {MAX_CASES:,} cases: split the file"])
            return None
        found, wrong = check(item.values)
        if found and (first := self._lines.get(found.content.key)):
            found, wrong = None, [f"duplicate id {quoted(item.values['id'])}, first used on line {first}"]
        if found:
            self._lines[found.content.key] = item.line
        else:
            self._refuse(item, wrong)
        return found

    def _refuse(self, item: RawCase, wrong: list[str]) -> None:
        named = item.values.get("id")
        case = quoted(named)[1:-1] if isinstance(named, str) and named else None
        self.problems += [Problem(message, line=item.line, case=case) for message in wrong]
        del self.problems[MAX_PROBLEMS:]


def refusal(problems: list[Problem]) -> InvalidInput:
    """The whole file is refused, with the places."""
    many = "at least " if len(problems) >= MAX_PROBLEMS else ""
    plural = "problem" if len(problems) == 1 else "problems"
    return InvalidInput(f"Nothing was imported: {many}{len(problems)} {plural} in the file.", problems)
