"""JSON by schema, and by type."""

from typing import Any

import pytest

from aiops.core.errors import InvalidInput
from aiops.evaluations import scorers
from tests.evaluations.scorers.judging import judge, passed

ORDER = {"id": "int", "items": "list[str]", "due?": "date", "buyer": {"name": "str", "vip": "bool"}}
GOOD = '{"id": 7, "items": ["茶", "Käse"], "buyer": {"name": "Zoë", "vip": false}}'


def test_schema_violations_come_in_the_order_of_the_answer_and_say_how_many_more():
    schema = {"type": "array", "items": {"type": "number"}}
    answer = "[" + ", ".join(["0", "1", '"a"', *['"x"'] * 9]) + "]"
    reason = judge(answer, type="json_schema", schema=schema).reason
    assert reason.startswith("$[2]: 'a' is not of type 'number'; $[3]:")
    assert reason.endswith("$[6]: 'x' is not of type 'number'; and 5 more")


def test_schema_takes_no_json_that_only_python_knows():
    assert judge("NaN", type="json_schema", schema={}).reason == "Not JSON: NaN is not JSON"
    assert passed('{"a": Infinity}', type="json_schema", schema={}) is False


def test_schema_of_an_answer_nested_without_end():
    assert judge("[" * 200_000, type="json_schema", schema={}).reason == "Not JSON: it is nested too deep"


def test_schema_never_fetches_what_a_reference_names():
    judgement = judge("{}", type="json_schema", schema={"$ref": "http://127.0.0.1:9/schema.json"})
    assert judgement.passed is None
    assert "Unresolvable" in judgement.reason


@pytest.mark.parametrize(
    ("shape", "output", "verdict"),
    [
        ("list[str]", '["a", "ä", "日本"]', True),
        ("list[str]", '["a", 1]', False),
        ("list[str]", "[]", True),
        ("dict[str, float]", '{"a": 1, "b": 2.5}', True),
        ("dict[str, float]", '{"a": "1"}', False),
        ("int", "3", True),
        ("int", "3.0", False),
        ("int", "true", False),
        ("bool", "1", False),
        ("float", "NaN", False),
        ("int | None", "null", True),
        ('Literal["refund", "返金"]', '"返金"', True),
        ('Literal["refund", 1]', '"delivery"', False),
        ("date", '"2025-02-28"', True),
        ("date", '"2025-02-30"', False),
        ("date", '"28.02.2025"', False),
        ("datetime", '"2025-02-28T10:00:00Z"', True),
        ("uuid", '"6f1cbb5c-1111-4222-8333-0123456789ab"', True),
        ("list[dict[str, any]]", '[{"a": null}]', True),
        ("list[list[int]]", "[[1], [2, 3]]", True),
        ("str", "Hello", False),
        ("str", "", False),
    ],
)
def test_types(shape, output, verdict):
    assert passed(output, type="pydantic", shape=shape) is verdict


def test_a_record_is_all_it_says_and_no_more():
    assert passed(GOOD, type="pydantic", record=ORDER) is True
    assert passed(f"[{GOOD}]", type="pydantic", record=ORDER, shape="list[record]") is True
    assert passed(f"```json\n{GOOD}\n```", type="pydantic", record=ORDER, allow_fence=True) is True


def test_the_path_of_each_violation():
    answer = '{"id": "7", "items": ["a", 2], "due": "morgen", "buyer": {"name": "Zoë"}, "extra": 1}'
    assert judge(answer, type="pydantic", record=ORDER).reason.split("; ") == [
        "$.id: Input should be a valid integer",
        "$.items[1]: Input should be a valid string",
        "$.due: Input should be a valid date in the format YYYY-MM-DD, input is too short",
        "$.buyer.vip: Field required",
        "$.extra: Extra inputs are not permitted",
    ]
    assert judge("[1, 2, 3, 4, 5, 6, 7]", type="pydantic", shape="list[str]").reason.endswith("; and 2 more")


def test_fields_may_be_called_as_a_model_calls_its_own():
    record = {"copy": "str", "model_config": "int", "_private": "bool", "schema?": "str"}
    assert (
        passed('{"copy": "x", "model_config": 1, "_private": true}', type="pydantic", record=record) is True
    )


def test_half_a_character_is_no_error_of_the_scorer():
    assert passed('"a\ud800"', type="pydantic", shape="str") is True


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "pydantic: record is none of str,"),
        ({"shape": "list[record]"}, "pydantic: record is none of"),
        ({"shape": "tuple[int]"}, "pydantic: tuple[int] is none of"),
        ({"shape": "__import__('os')"}, "pydantic: __import__('os') is none of"),
        ({"shape": "list["}, "pydantic: 'list[' is not a type"),
        ({"shape": "dict[int, str]"}, "pydantic: dict[int, str] is none of"),
        ({"shape": "Literal[1.5]"}, "pydantic: Literal[…] takes texts and whole numbers"),
        ({"shape": "Literal[str]"}, "pydantic: Literal[…] takes texts"),
        ({"record": {"a": 1}}, "pydantic: the type of 'a' has to be a text or an object"),
        ({"record": {"a": "record"}}, "pydantic: record is none of"),
    ],
)
def test_what_is_no_type_is_refused_in_words(config, message):
    with pytest.raises(InvalidInput) as refusal:
        scorers.parse({"type": "pydantic", **config})
    assert str(refusal.value).startswith(message)


def test_records_have_an_end():
    record: dict[str, Any] = {"a": "int"}
    for _ in range(12):
        record = {"a": record}
    with pytest.raises(InvalidInput, match="nested deeper than 10"):
        scorers.parse({"type": "pydantic", "record": record})
