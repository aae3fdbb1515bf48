"""What is exported and imported again says the same, byte for byte."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops.core.actors import SystemActor
from aiops.datasets import actions, export, queries
from aiops.datasets.content import CaseContent
from aiops.datasets.formats import csv_table, jsonl
from tests.datasets.files import read
from tests.factories.numbers import number as number_of

SHELL = SystemActor("shell")
quick = settings(max_examples=25, deadline=None)
any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
label = st.text(st.characters(categories=["L", "N"], include_characters="_'=+@;,-"), min_size=1, max_size=12)
number = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
value = st.recursive(
    st.none() | st.booleans() | number | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)
case = st.builds(
    CaseContent,
    key=label,
    inputs=st.dictionaries(label, any_text, min_size=1, max_size=3),
    expected=st.none()
    | any_text
    | st.lists(value, max_size=3)
    | st.dictionaries(any_text, value, max_size=3),
    category=st.just("") | label,
    locale=st.sampled_from(["", "en", "ja", "zh-Hans"]),
    tags=st.lists(label, max_size=3, unique=True),
    metadata=st.dictionaries(any_text, value, max_size=3),
    must_pass=st.booleans(),
    checks=st.lists(st.fixed_dictionaries({"type": label.filter(bool), "value": value}), max_size=2),
)
cases = st.lists(case, min_size=1, max_size=5, unique_by=lambda each: each.key)


def normal(content):
    """A number is the same whether it was written as 1e+22 or with all its digits."""
    return json.loads(content.line(), parse_float=lambda text: float(text) + 0.0)


@quick
@given(cases)
def test_json_lines_give_back_what_they_were_made_of(contents):
    found, reader = read("".join(jsonl.dump(contents)))
    assert reader.problems == []
    assert [normal(each.content) for each in found] == [normal(each) for each in contents]


@quick
@given(cases)
def test_json_lines_are_the_same_bytes_the_second_time(contents):
    once = "".join(jsonl.dump(each.content for each in read("".join(jsonl.dump(contents)))[0]))
    twice = "".join(jsonl.dump(each.content for each in read(once)[0]))
    assert twice == once


@quick
@given(cases)
def test_csv_gives_back_what_it_was_made_of(contents):
    names = {name for each in contents for name in each.inputs}
    found, reader = read("".join(csv_table.dump(lambda: contents)), "csv")
    assert reader.problems == []
    expected = [
        {**normal(each), "inputs": {name: each.inputs.get(name, "") for name in names}} for each in contents
    ]
    assert [normal(each.content) for each in found] == expected


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=cases)
def test_database_gives_back_the_same_bytes(contents, tmp_path):
    dataset = actions.create_dataset(by=SHELL, name=f"set-{number_of()}")
    path = tmp_path / f"{dataset.name}.jsonl"
    path.write_text("".join(jsonl.dump(contents)), encoding="utf-8", newline="")
    actions.import_cases(by=SHELL, dataset=dataset, path=path, format="jsonl")
    once = "".join(export.dump(queries.draft_cases(dataset), "jsonl"))
    assert [json.loads(line) for line in once.split("\n") if line] == [normal(each) for each in contents]
    path.write_text(once, encoding="utf-8", newline="")
    with path.open("rb") as file:
        counts, _ = actions.import_file(by=SHELL, dataset=dataset, file=file, filename="x", format="jsonl")
    assert counts.unchanged == len(contents)
    assert "".join(export.dump(queries.draft_cases(dataset), "jsonl")) == once


def test_numbers_of_the_database_are_the_numbers_of_the_file():
    lines = '{"id": "a", "inputs": {"x": "y"}, "metadata": {"n": [1e22, -0.0, 1.5, 1e-7, 100000.0]}}'
    [found] = read(lines)[0]
    numbers = found.content.metadata["n"]
    assert [str(number) for number in numbers] == [
        "10000000000000000000000",
        "0.0",
        "1.5",
        "1e-07",
        "100000.0",
    ]
    assert math.copysign(1, numbers[1]) == 1
