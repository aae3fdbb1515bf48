"""What rules say, and what is refused."""

import time

import pytest

from aiops.approaches import rules
from aiops.core.errors import InvalidInput


def written(condition: str, then: str = "yes") -> str:
    return f"rules:\n  - if: {condition}\n    then: {then!r}\notherwise: 'no'\n"


def says(condition: str, text: str, then: str = "yes") -> str:
    return rules.decide(rules.program(written(condition, then)), {"message": text}).text


@pytest.mark.parametrize(
    ("keyword", "text", "answer"),
    [
        ("refund", "I want a REFUND!", "yes"),
        ("refund", "refunds", "no"),
        ("refund*", "Refunds?", "yes"),
        ("refund", "prerefund", "no"),
        ("money back", "my money\n  back", "yes"),
        ("C++", "I use C++ daily", "yes"),
        ("カード", "VISAカードを紛失しました", "yes"),
        ("visa", "ＶＩＳＡカード", "yes"),
        ("é", "café", "no"),
        ("café", "cafe\u0301", "yes"),
        ("a.c", "abc", "no"),
    ],
)
def test_keywords_are_words_as_people_mean_them(keyword, text, answer):
    assert says(f"{{input: message, any: ['{keyword}']}}", text) == answer


@pytest.mark.parametrize(
    ("condition", "text", "answer"),
    [
        ("{input: message, any: [lost, stolen]}", "stolen card", "yes"),
        ("{input: message, all: [lost, card]}", "lost wallet", "no"),
        ("{input: message, all: [lost, card]}", "the card is lost", "yes"),
        ("{input: message, any: lost}", "lost", "yes"),
        ("{input: message, any: [lost], regex: '\\d+'}", "lost", "no"),
        ("{input: message, any: [lost], regex: '\\d+'}", "lost 12", "yes"),
        ("{input: message, regex: '^$'}", "", "yes"),
        ("[{input: message, any: [a]}, {input: message, any: [b]}]", "a b", "yes"),
        ("[{input: message, any: [a]}, {input: message, any: [b]}]", "a", "no"),
    ],
)
def test_all_that_a_rule_states_must_hold(condition, text, answer):
    assert says(condition, text) == answer


def test_the_first_rule_that_fits_answers_and_says_why():
    source = (
        "rules:\n- {name: one, if: {input: m, any: [x]}, then: '1'}\n"
        "- {name: two, if: {input: m, any: [y, z]}, then: '{{ m|upper }} of {{ who }}'}\notherwise: '-'\n"
    )
    program = rules.program(source)
    assert program.inputs == ("m", "who")
    decision = rules.decide(program, {"m": "a z", "who": "{{ m }}"})
    assert decision == rules.Decision("A Z of {{ m }}", 2, "two", "m has 'z'")
    assert rules.decide(program, {"m": "q", "who": ""}).rule is None


def test_json_is_read_as_well():
    program = rules.program(
        '{"rules": [{"if": {"input": "m", "any": ["x"]}, "then": "1"}], "otherwise": "2"}'
    )
    assert rules.decide(program, {"m": "x"}).text == "1"


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("", 1, "rules are written as"),
        ("rules: [\n", 2, "this is no valid YAML"),
        ("otherwise: x\n", 1, "rules is missing"),
        ("rules: []\notherwise: x\n", 1, "rules: "),
        (written("{input: message}"), 2, "says nothing"),
        (written("{input: message, regex: '('}"), 2, "not a regular expression"),
        (written("{input: 'a b', any: [x]}"), 2, "is no name of an input"),
        (written("{input: message, any: ['*']}"), 2, "'*' is no keyword"),
        (written("{input: message, any: []}"), 2, "any: "),
        (written("{input: message, most: [x]}"), 2, "unknown key 'most'"),
        (written("{input: message, any: [x]}", "{{ a.b }}"), 3, "the attribute .b is not available"),
        ("rules:\n- {if: {input: m, any: [x]}, then: 'a'}\notherwise: '{% set a %}'\n", 3, ""),
        ("rules:\n- {if: {input: m, any: [x]}, then: 5}\notherwise: a\n", 2, "rules.1.then"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(source, line, words):
    with pytest.raises(InvalidInput) as caught:
        rules.program(source)
    assert any(words in problem.message and problem.line == line for problem in caught.value.problems), (
        caught.value.problems
    )


def test_several_problems_are_said_at_once():
    with pytest.raises(InvalidInput, match="2 problems"):
        rules.program("rules:\n- {if: {input: m}, then: a}\n")


def test_a_missing_input_is_named():
    with pytest.raises(InvalidInput, match="'message' is missing"):
        rules.decide(rules.program(written("{input: message, any: [x]}")), {"other": "x"})
    with pytest.raises(InvalidInput, match="otherwise cannot be filled in"):
        rules.decide(
            rules.program("rules: {if: {input: m, any: [x]}, then: a}\notherwise: '{{ b }}'"), {"m": "q"}
        )


def test_a_pattern_that_backtracks_for_ever_is_an_error_in_bounded_time():
    many = "".join(
        f"- {{if: {{input: message, regex: '^(a|aa)+$|{n}'}}, then: x}}\n" for n in range(rules.MAX_RULES)
    )
    program = rules.program(f"rules:\n{many}otherwise: 'no'\n")
    begun = time.monotonic()
    with pytest.raises(InvalidInput, match="rule 1 takes too long"):
        rules.decide(program, {"message": "a" * 200 + "!"})
    assert time.monotonic() - begun < 10 * rules.PATIENCE


def test_all_patterns_together_have_a_limit_too(monkeypatch):
    monkeypatch.setattr(rules, "PATIENCE_FOR_ALL", -1.0)
    with pytest.raises(InvalidInput, match="takes too long"):
        says("{input: message, regex: x}", "x")
