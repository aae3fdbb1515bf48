"""Golden cases as JSON Lines: one object a line (CONTRACTS 3.2)."""

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from aiops.core.errors import Problem
from aiops.datasets.content import CaseContent
from aiops.datasets.formats.items import Item, RawCase
from aiops.datasets.formats.lines import lines
from aiops.datasets.formats.strict_json import BadJson, decode
from aiops.datasets.validation import kind_of

_ID = re.compile(r'"id"\s*:\s*"([^"\\]{1,200})"')


def parse(file: BinaryIO) -> Iterator[Item]:
    """The cases of `file`. Blank lines are skipped."""
    for number, line in lines(file):
        if isinstance(line, Problem):
            yield line
        elif line.strip():
            yield _case(number, line)


def dump(cases: Iterable[CaseContent]) -> Iterator[str]:
    """The lines of a file that says `cases`."""
    for case in cases:
        yield f"{case.line()}\n"


def _case(number: int, line: str) -> Item:
    text = line.strip(" \t\r\n")
    if text == "[":
        return Problem(
            "the file looks like one JSON list; write one object a line, without the list", line=number
        )
    try:
        value = decode(text)
    except BadJson as error:
        named = _ID.search(line[:2000])
        return Problem(str(error), line=number, case=named and named[1])
    if not isinstance(value, dict):
        return Problem(f"the line is {kind_of(value)}; one object a line is needed", line=number)
    return RawCase(number, value)
