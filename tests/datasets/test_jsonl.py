import json

import pytest

from aiops.datasets.content import MAX_CASES
from tests.datasets.files import case, jsonl, problems, read, said

LINE = '{"id": "a", "inputs": {"x": "y"}'


def test_case_is_read_with_all_its_keys():
    whole = case(
        "t-1",
        expected={"intent": "delivery"},
        category="orders",
        locale="ja",
        tags=["vip"],
        metadata={"cluster": "d7"},
        must_pass=True,
        checks=[{"type": "contains", "value": "Tokyo"}],
    )
    [found], reader = read(jsonl(whole))
    assert json.loads(found.content.line()) == whole
    assert reader.problems == []


def test_blank_lines_and_windows_line_ends_are_skipped():
    cases, reader = read(b"\r\n" + jsonl(case("a")).replace(b"\n", b"\r\n") + b"\n   \n" + jsonl(case("b")))
    assert ([each.content.key for each in cases], reader.problems) == (["a", "b"], [])


def test_last_line_needs_no_end():
    assert len(read(jsonl(case("a"), case("b")).rstrip())[0]) == 2


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (LINE + ', "expcted": "z"}', 'unknown key "expcted", did you mean "expected"?'),
        (LINE + ', "zzz": 1}', 'unknown key "zzz", known: id, inputs, expected, category'),
        (LINE + ', "id": "b"}', 'the key "id" stands twice in one object'),
        (LINE + ', "metadata": {"n": NaN}}', "NaN is not JSON"),
        (LINE + ', "metadata": {"n": -Infinity}}', "-Infinity is not JSON"),
        (LINE + ', "metadata": {"n": 1e999}}', "the number 1e999 is too large"),
        (LINE + ', "metadata": {"n": ' + "9" * 5000 + "}}", "not valid JSON here: Exceeds the limit"),
        (LINE + ', "expected": 42}', "expected must be text, an object, a list or null, not a number"),
        (LINE + ', "expected": true}', "expected must be text, an object, a list or null, not true or false"),
        (LINE + ', "expected": ' + "[" * 60 + "]" * 60 + "}", "expected is nested more than 50 levels deep"),
        (LINE + ', "expected": ' + "[" * 99_999 + "]" * 99_999 + "}", "nested too deeply"),
        (
            LINE + ', "expected": ["\\ud800"]}',
            "expected holds half a character (\\ud800 without its other half)",
        ),
        (LINE + ', "metadata": {"\\u0000": 1}}', "metadata holds a null character"),
        (LINE + ', "metadata": []}', "metadata must be an object, not a list"),
        (LINE + ', "category": 7}', "category must be text, not a number"),
        (LINE + ', "category": "a\\nb"}', "holds a line break or another control character"),
        (LINE + ', "category": " a"}', 'category " a" is empty, or begins or ends with a space'),
        (LINE + ', "category": "\\udc00"}', "category holds half a character"),
        (
            LINE + ', "locale": "Japanese!"}',
            'locale "Japanese!" is no language tag such as en, ja or zh-Hans',
        ),
        (LINE + ', "locale": {}}', "locale must be text, not an object"),
        (LINE + ', "tags": "vip"}', "tags must be a list, not text"),
        (LINE + ', "tags": [null]}', "tags[0] must be text, not null"),
        (LINE + ', "tags": ["a", "a"]}', "tags holds the same tag twice"),
        (LINE + ', "tags": ["' + "x" * 201 + '"]}', "tags[0] is too long (201 characters, at most 200)"),
        (LINE + ', "must_pass": "yes"}', "must_pass must be true or false, not text"),
        (LINE + ', "checks": {}}', "checks must be a list of objects, not an object"),
        (LINE + ', "checks": [{"value": "a"}]}', 'checks[0] must be an object with a "type"'),
        (LINE + ', "checks": ["\\u0000"]}', "checks holds a null character"),
        ('{"inputs": {"x": "y"}}', "id is missing"),
        ('{"id": "", "inputs": {"x": "y"}}', "id is missing"),
        ('{"id": 7, "inputs": {"x": "y"}}', "id must be text, not a number"),
        ('{"id": "a", "inputs": null}', "inputs is missing"),
        ('{"id": "a", "inputs": {}}', "inputs is empty"),
        ('{"id": "a", "inputs": []}', "inputs must be an object of variables, not a list"),
        ('{"id": "a", "inputs": {"x": 5}}', 'inputs.x must be text, not a number, write "5"'),
        ('{"id": "a", "inputs": {"x": null}}', "inputs.x must be text, not null"),
        ('{"id": "a", "inputs": {"": "y"}}', "the name of a variable in inputs"),
        ("{'id': 'a'}", "texts stand in double quotes, not single ones"),
        ('{"id": "a"} {"id": "b"}', "something follows the value (column 12); write one object a line"),
        ('{"id": "a', "is never closed; is the line cut off?"),
        ('{"id": "a" "b"}', "expecting ',' delimiter (column 12)"),
        ("[", "the file looks like one JSON list"),
        ("42", "the line is a number; one object a line is needed"),
        ("null", "the line is null; one object a line is needed"),
    ],
)
def test_line_is_refused_in_words(line, expected):
    [problem] = problems(line)
    assert expected in problem.message
    assert problem.line == 1


def test_problem_of_broken_json_names_the_case():
    assert said('{"id": "t-9", "inputs": }')[0].startswith("line 1, case t-9: not valid JSON")


def test_limit_of_a_case_is_one_megabyte():
    fits = case("a", expected="x" * (2**20 - 200))
    assert said(jsonl(fits)) == []
    wide = case("b", expected="é" * 600_000)
    assert said(jsonl(wide)) == [
        "line 1, case b: expected is too long (600,002 characters): the case has 1.1 MB, at most 1 MB"
    ]


def test_huge_line_is_skipped_and_the_rest_is_read():
    huge = b'{"id": "h", "inputs": {"x": "' + b"y" * (9 * 2**20) + b'"}}\n'
    found = said(jsonl(case("a")) + huge + jsonl(case("b", category=1)))
    assert found == [
        "line 2: the line has more than 4 MB; a case may have 1 MB at most",
        "line 3, case b: category must be text, not a number",
    ]


def test_at_most_50_problems_are_listed():
    assert len(problems(b"{}\n" * 500)) == 50


def test_nothing_comes_out_after_a_problem():
    cases, reader = read(jsonl(case("a"), case("b", locale="!"), case("c")))
    assert ([each.content.key for each in cases], len(reader.problems)) == (["a"], 1)


def test_more_cases_than_the_limit_are_refused(monkeypatch):
    monkeypatch.setattr("aiops.datasets.formats.MAX_CASES", 3)
    assert said(jsonl(*(case(str(n)) for n in range(9)))) == [
        "line 4, case 3: more than 3 cases: split the file"
    ]
    assert MAX_CASES == 100_000


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"%PDF-1.7 \xe2", "the file is a PDF document"),
        (b"PK\x03\x04\x14", "a ZIP archive or an Office document (.xlsx, .docx)"),
        (b"\xd0\xcf\x11\xe0", "an old Office document"),
        (b"\x1f\x8b\x08", "compressed with gzip"),
        (b"<!DOCTYPE html><html>", "the file is a web page"),
        ("{}\n{}\n".encode("utf-16-le"), "looks like UTF-16 without a byte order mark"),
        ("{}\n".encode("utf-32"), "the file is UTF-32"),
        ("{}\n".encode("utf-16"), "the file is UTF-16"),
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"\n \n", "the file is empty"),
    ],
)
@pytest.mark.parametrize("form", ["jsonl", "csv", "promptfoo"])
def test_other_files_are_named(content, expected, form):
    assert expected in said(content, form)[0]
