# ruff: noqa: E501 - a table of inputs and answers is read by rows
"""Rendering: what a template may do, what it may not, and that nothing grows or runs without a bound."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.core.errors import InvalidInput
from aiops.prompts.render import estimate_tokens, render
from aiops.prompts.templates import examine
from aiops.providers.protocol import Message


def draft(template: str, **variables):
    """A version of one user message; `variables` default to optional texts."""
    return SimpleNamespace(messages=[{"role": "user", "template": template}], variables=variables)


def rendered(template: str, **inputs: str) -> str:
    return render(draft(template, **{name: {"type": "string"} for name in inputs}), inputs)[0].content


def refusal(version, inputs) -> str:
    with pytest.raises(InvalidInput) as refused:
        render(version, inputs)
    return str(refused.value)


def objections(template: str) -> list[str]:
    return [str(problem) for problem in examine(template)[1]]


def test_messages_come_out_in_order_and_as_text():
    version = SimpleNamespace(
        messages=[
            {"role": "system", "template": "In {{ locale }}.\n"},
            {"role": "user", "template": "{{ text }}"},
        ],
        variables={"text": {"type": "string"}, "locale": {"type": "string", "default": "en"}},
    )
    assert render(version, {"text": "<b>1 & 2</b> {{ locale }} {% x"}) == (
        Message("system", "In en.\n"),
        Message("user", "<b>1 & 2</b> {{ locale }} {% x"),
    )


@pytest.mark.parametrize(
    ("template", "inputs", "expected"),
    [
        ("{% if a == 'x' %}yes{% else %}no{% endif %}", {"a": "x"}, "yes"),
        ("{{ a|upper }} {{ a|title }} {{ a|capitalize }}", {"a": "ab cd"}, "AB CD Ab Cd Ab cd"),
        ("{{ a|truncate(4) }}|{{ a|truncate }}", {"a": "abcdef"}, "abc…|abcdef"),
        ("{{ a|replace('a', 'b') }} {{ a|replace('a', 'b', 1) }}", {"a": "aa"}, "bb ba"),
        ("{{ a|trim|length }} {{ a|wordcount }}", {"a": " x y "}, "3 2"),
        ("{{ a[:2] }}{{ a[-1] }}{{ a|first }}{{ a|last }}", {"a": "abc"}, "abcac"),
        ("{% for line in a|lines %}{{ loop.index }}. {{ line }}{% if not loop.last %}, {% endif %}{% endfor %}", {"a": "x\ny"}, "1. x, 2. y"),
        ("{{ 'long' if a|length > 2 else 'short' }}", {"a": "abc"}, "long"),
        ("{% raw %}{{ a }}{% endraw %}{# nothing #}", {}, "{{ a }}"),
        ("{{ a|default('none') }}", {"a": ""}, ""),
        ("{% if a is defined and a in ['x', 'y'] %}in{% endif %}", {"a": "y"}, "in"),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_template_language(template, inputs, expected):
    assert rendered(template, **inputs) == expected


def test_typed_values_compare_as_values_and_print_as_given():
    version = draft(
        "{{ n }} {{ x }} {{ b }} {% if n > 3 and x < 2 and b %}yes{% endif %}",
        n={"type": "integer"}, x={"type": "number"}, b={"type": "boolean", "default": True},
    )  # fmt: skip  # arguments by what they belong to
    assert render(version, {"n": "12", "x": "1.50"})[0].content == "12 1.50 true yes"
    assert render(version, {"n": "12", "x": "1.50", "b": "false"})[0].content == "12 1.50 false "


def test_input_that_is_not_declared_is_left_aside():
    assert render(draft("{{ a }}", a={"type": "string"}), {"a": "x", "other": "y"})[0].content == "x"


@pytest.mark.parametrize(
    ("facts", "text", "expected"),
    [
        ({"type": "string"}, None, "the variable 'a' is missing"),
        ({"type": "string", "max_length": 3}, "abcd", "the variable 'a' has 4 characters, at most 3 are allowed"),
        ({"type": "integer"}, "1.5", "the variable 'a' is '1.5', a whole number such as 12 is needed"),
        ({"type": "number"}, "1e5", "the variable 'a' is '1e5', a number such as 12 or 0.5 is needed"),
        ({"type": "boolean"}, "True", "the variable 'a' is 'True', true or false is needed"),
        ({"type": "string", "enum": ["x", "y"]}, "z", "the variable 'a' is 'z', one of x, y is needed"),
        ({"type": "string"}, 5, "the variable 'a' has to be text, not int"),
        ({"type": "string"}, "x" * 1_000_001, "the variable 'a' has 1,000,001 characters, at most 1,000,000 are allowed"),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_input_that_does_not_fit_is_named(facts, text, expected):
    assert refusal(draft("{{ a }}", a=facts), {} if text is None else {"a": text}) == expected


def test_every_input_that_is_wrong_is_named():
    version = draft("{{ a }}{{ b }}", a={"type": "string"}, b={"type": "integer"})
    assert refusal(version, {"b": "x"}) == (
        "the variable 'a' is missing; the variable 'b' is 'x', a whole number such as 12 is needed"
    )


def test_undeclared_variable_that_got_past_the_check_is_an_error():
    assert refusal(draft("{{ a|upper }}"), {}) == "message 1 cannot be rendered: 'a' is undefined"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ ''.__class__ }}", "the attribute .__class__ is not available: inputs are text"),
        ("{{ a.upper() }}", "a call is not available in prompts: they have variables, if, for and filters"),
        ("{{ a['__class__'] }}", "only positions such as text[:100] are available: inputs are text"),
        ("{{ a|attr('__class__') }}", "there is no filter 'attr'; there are capitalize, default, first, last, length, lines, lower, replace, title, trim, truncate, upper, wordcount"),
        ("{% if a is mapping %}{% endif %}", "there is no test 'mapping'; there are defined, eq, equalto, ge, gt, in, le, lt, ne, none, number, sameas, string, undefined"),
        ("{% include 'x' %}", "include is not available in prompts: they have variables, if, for and filters"),
        ("{% import 'x' as y %}", "import is not available in prompts: they have variables, if, for and filters"),
        ("{% from 'x' import y %}", "import is not available in prompts: they have variables, if, for and filters"),
        ("{% extends 'x' %}", "extends is not available in prompts: they have variables, if, for and filters"),
        ("{% block x %}{% endblock %}", "block is not available in prompts: they have variables, if, for and filters"),
        ("{% macro x() %}{% endmacro %}", "macro is not available in prompts: they have variables, if, for and filters"),
        ("{% set x = 1 %}", "set is not available in prompts: they have variables, if, for and filters"),
        ("{% filter upper %}{% endfilter %}", "filter is not available in prompts: they have variables, if, for and filters"),
        ("{% with x = 1 %}{% endwith %}", "with is not available in prompts: they have variables, if, for and filters"),
        ("{{ a ~ a }}", "the operator ~ is not available in prompts: they have variables, if, for and filters"),
        ("{{ 'a' * 1000000000 }}", "arithmetic is not available in prompts: they have variables, if, for and filters"),
        ("{{ 9 ** 9 ** 9 }}", "arithmetic is not available in prompts: they have variables, if, for and filters"),
        ("{{ {'a': 1} }}", "a dictionary is not available in prompts: they have variables, if, for and filters"),
        ("{{ loop.cycle('a') }}", "a call is not available in prompts: they have variables, if, for and filters"),
        ("{% for x in a %}{% for y in a %}{% endfor %}{% endfor %}", "a loop inside of a loop is not available"),
        ("{% for x in a recursive %}{% endfor %}", "a loop inside of a loop is not available"),
        ("{{ a", "unexpected end of template, expected 'end of print statement'."),
        ("{% foo %}", "Encountered unknown tag 'foo': prompts have if and for"),
        ("{{#if a}}", "Handlebars blocks such as {{#if}} are not read; write {% if name %} … {% endif %}"),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_what_a_template_may_not_do_is_refused_with_its_line(template, expected):
    assert objections(f"a\nb {template}") == [f"line 2: {expected}"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ " + "(" * 50_000,
        "{{ " + "not " * 40_000 + "a }}",
        "{{ a" + "|upper" * 5_000 + " }}",
        "{{ a }}" * 25_000,
        "{% if a %}" * 90 + "{% endif %}" * 90,
        "{{ " + "9" * 5_000 + " }}",
        "{{ a if a else " * 3_000,
    ],
)
def test_huge_or_deep_template_is_refused_in_words(template):
    assert len(objections(template)) == 1


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ a }}" * 30, "the prompt has more than 2,000,000 characters"),
        ("{{ a" + "|replace('x', 'xxxxxxxxxx')" * 5 + " }}", "replace makes more than 2,000,000 characters"),
        ("{% for x in a %}{% endfor %}", "a loop has more than 1,000 items"),
        ("{% for x in a|lines %}{{ a }}{% endfor %}", "a loop has more than 1,000 items"),
    ],
)
def test_text_that_grows_too_large_is_refused(template, expected):
    assert refusal(draft(template, a={"type": "string"}), {"a": "x\n" * 50_000}) == (
        f"message 1 cannot be rendered: {expected}"
    )


def test_upper_case_that_grows_is_refused():
    version = draft("{{ a|upper }}", a={"type": "string"})
    assert "a filter makes more than" in refusal(version, {"a": "ΐ" * 999_999})


def test_filter_with_odd_arguments_is_refused_in_words():
    assert refusal(draft("{{ a|replace(1, 2) }}", a={"type": "string"}), {"a": "x"}).startswith(
        "message 1 cannot"
    )
    assert refusal(draft("{{ a[9] }}", a={"type": "string"}), {"a": "x"}).startswith("message 1 cannot")


def test_tokens_are_estimated_by_script():
    assert estimate_tokens([Message("user", "a" * 40)]) == 14
    assert estimate_tokens([Message("user", "日本語"), Message("system", "")]) == 11


def attempt(version, inputs) -> str:
    """The text of the first message, or why there is none."""
    try:
        return render(version, inputs)[0].content
    except InvalidInput as error:
        return str(error)


expressions = st.text("{}%# .[]()'\"|_=~*+-/<>,:abcdefin 0123456789\n", max_size=40)


@given(
    expressions.map(lambda inside: f"{{{{ {inside} }}}}")
    | expressions.map(lambda inside: f"{{% {inside} %}}")
    | expressions
)
def test_any_template_is_refused_or_renders_to_text(template):
    used, found = examine(template)
    if found:
        assert all(problem.line for problem in found)
        return
    answer = attempt(
        draft(template, **{name: {"type": "string"} for name in used}), dict.fromkeys(used, "x\ny")
    )
    assert isinstance(answer, str)


@given(st.text(max_size=200))
def test_what_an_input_says_is_never_read_as_a_template(text):
    assert rendered("[{{ a }}]", a=text) == f"[{text}]"
