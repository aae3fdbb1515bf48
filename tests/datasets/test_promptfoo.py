import pytest

from tests.datasets.files import read, said

CONFIG = """\
description: a suite
prompts: [p1]
defaultTest:
  vars: {language: German}
  threshold: 0.5
tests:
  - description: late parcel
    vars:
      ticket: Where is it?
      number: 007
    assert:
      - type: equals
        value: delivery
      - type: icontains
        value: Parcel
        weight: 2
      - type: javascript
        value: output.length < 10
      - type: is-json
    metadata: {category: orders, locale: de, tags: [vip], day: 2026-01-02, id: t-1}
    options: {provider: x}
  - vars: {ticket: "yes"}
  - file://more.yaml
"""


def test_tests_become_cases():
    cases, reader = read(CONFIG, "promptfoo")
    first, second = (each.content for each in cases)
    assert reader.problems == []
    assert first.key == "t-1"
    assert first.inputs == {"language": "German", "ticket": "Where is it?", "number": "007"}
    assert (first.expected, first.category, first.locale, first.tags) == ("delivery", "orders", "de", ["vip"])
    assert first.checks == [
        {"type": "contains", "value": "Parcel", "ignore_case": True},
        {"type": "json_schema", "schema": {}},
    ]
    assert first.metadata == {"day": "2026-01-02", "description": "late parcel"}
    assert second.inputs == {"language": "German", "ticket": "yes"}


def test_what_is_left_out_is_said():
    notes = [str(note) for note in read(CONFIG, "promptfoo")[1].notes]
    assert notes == [
        "line 5: defaultTest: 'threshold' was left out",
        "line 7: test: 'options' was left out",
        'line 7: "weight" of the assertion "icontains" was left out',
        'line 7: the assertion "javascript" was left out: it has no equal here',
        "line 23: a test that is no mapping (a file or an address) was left out",
    ]


def test_id_is_made_of_the_inputs_and_stays():
    made = [
        read(f"tests:\n- vars: {{a: b}}\n  metadata: {{n: {n}}}\n", "promptfoo")[0][0].content.key
        for n in "12"
    ]
    assert made[0] == made[1]
    assert made[0].startswith("test-")


def test_a_list_of_tests_alone_is_read():
    assert len(read("- vars: {a: b}\n- vars: {a: c}\n", "promptfoo")[0]) == 2


def test_same_test_twice_on_one_line_is_refused():
    [problem] = said("tests: [{vars: {a: b}}, {vars: {a: b}}]", "promptfoo")
    assert "duplicate id" in problem


def test_every_kind_of_assertion():
    asserts = ["equals", "contains", "not-contains", "not-icontains", "regex", "llm-rubric"]
    lines = "".join(f"  - {{type: {kind}, value: v}}\n" for kind in ["equals", *asserts])
    [found], _ = read(
        f"tests:\n- vars: {{a: b}}\n  assert:\n{lines}  - oops\n  - {{type: contains}}\n", "promptfoo"
    )
    assert found.content.expected == "v"
    assert [check["type"] for check in found.content.checks] == [
        "exact",
        "contains",
        "not_contains",
        "not_contains",
        "regex",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tests:\n- vars: {a: [1, 2]}\n", "line 2: vars.a must be text; promptfoo's lists of values"),
        ("tests:\n- vars: {a: file://x.txt}\n", "line 2: vars.a refers to 'file://x.txt'"),
        ("tests:\n- vars: {a: 1, a: 2}\n", "line 2: the key 'a' stands there twice"),
        ("tests:\n- vars: {a: b}\n  metadata: [1]\n", "line 2: metadata must be an object, not a list"),
        (
            "tests:\n- vars: {a: b}\n  assert: {type: equals}\n",
            "line 2: assert must be a list, not an object",
        ),
        (
            "tests:\n- vars: {a: b}\n  metadata: {n: .inf}\n",
            "line 2: metadata holds a value that JSON cannot say",
        ),
        (
            "tests:\n- vars: {a: b}\n  metadata: {n: !include x}\n",
            "line 2: could not determine a constructor",
        ),
        ("tests:\n- vars: {a: b}\n  metadata: {n: &x [*x]}\n", "line 2:"),
        ("tests: file://t.csv\n", "line 1: tests is not a list"),
        ("prompts: []\n", "tests is missing"),
        ("a: [1\nb: 2\n", "not valid YAML"),
        ("a: \x01\n", "not valid YAML"),
        ("tests:\n- {}\n", "line 2, case test-"),
        ("tests: " + "[" * 99_999, "line 1: not valid here: lists or mappings are nested too deeply"),
        ("tests: [[]]", "all of the file was left out: it has no cases"),
        ("a: 1\na: 2\n", "the key 'a' stands there twice"),
    ],
)
def test_file_is_refused_in_words(text, expected):
    assert expected in said(text, "promptfoo")[0]


def test_an_alias_bomb_is_refused():
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert (
        "metadata is too long"
        in said(f"{bomb}tests:\n- vars: {{a: b}}\n  metadata: {{n: *i}}\n", "promptfoo")[0]
    )


def test_large_files_are_refused():
    assert said("# " + "x" * (6 * 2**20) + "\n", "promptfoo") != []
    assert "more than 5 MB" in said(("# " + "x" * 1000 + "\n") * 6000, "promptfoo")[0]
