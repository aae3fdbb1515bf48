"""Every broken file of the shared golden data is refused at its line, in its sense."""

import json

import pytest

from aiops.datasets import formats
from tests.datasets.files import SHARED

FOLDER = SHARED / "malformed"
EXPECTED = json.loads((FOLDER / "expectations.json").read_text()) if FOLDER.is_dir() else []
SENSE = {
    "bad_json_line_7.jsonl": "trailing comma",
    "cut_off_last_line.jsonl": "the line is cut off",
    "duplicate_id.jsonl": 'duplicate id "case-03", first used on line 3',
    "missing_inputs.jsonl": "inputs is missing",
    "latin1_bytes.jsonl": "looks like Latin-1",
    "utf16.jsonl": "UTF-16 with a byte order mark",
    "huge_field_2mb.jsonl": "inputs.message is too long (2,097,152 characters)",
    "empty_file.jsonl": "the file is empty",
    "ragged_rows.csv": "cells, the header has 5",
    "unknown_column.csv": 'unknown column "expcted_answer", did you mean "expected"?',
    "header_only.csv": "a header only, no cases",
    "null_byte_raw.jsonl": "holds a null byte",
    "null_byte_escaped.jsonl": "inputs.message holds a null character (\\u0000)",
    "nested_inputs.jsonl": "inputs.message must be text, not an object",
    "long_category.jsonl": "category is too long (6,000 characters",
    "json_array.jsonl": "the line is a list; one object a line is needed",
}


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda each: f"{each['file']}:{each['line']}")
def test_file_is_refused_at_its_line(expected):
    with (FOLDER / expected["file"]).open("rb") as file:
        reader = formats.read(file, formats.guess(expected["file"]))
        list(reader)
    at_line = [problem for problem in reader.problems if problem.line == expected["line"]]
    assert [SENSE[expected["file"]] in problem.message for problem in at_line] == [True]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared golden data is not beside this checkout")
@pytest.mark.parametrize(
    "name", ["banking77_test", "banking77_train", "xquad_multilingual", "sql_postgres", "knowledge_questions"]
)
def test_golden_data_is_read_without_a_problem(name):
    with (SHARED / f"{name}.jsonl").open("rb") as file:
        cases = list(reader := formats.read(file, "jsonl"))
    assert reader.problems == []
    assert len(cases) == reader.count > 50


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared golden data is not beside this checkout")
def test_byte_order_mark_is_skipped():
    with (SHARED / "tolerated" / "utf8_bom.jsonl").open("rb") as file:
        reader = formats.read(file, "jsonl")
        assert len(list(reader)) == 10
    assert reader.problems == []
