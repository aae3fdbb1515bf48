# ruff: noqa: E501 - a table of inputs and answers is read by rows
"""`.prompt` files: what they say, what is refused and on which line, and that nothing is lost on the way."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aiops.core.errors import InvalidInput
from aiops.prompts import format as prompt_format
from aiops.prompts import messages
from aiops.prompts.format import compose, parse, warnings
from aiops.prompts.shape import RESERVED, MessageTemplate, Parameters, PromptFile, Variable

CONTRACT = b"""---
name: support-summary
description: Summarise a support ticket for the agent
model: sim-large
parameters: {temperature: 0.2, max_tokens: 300}
variables: {ticket: {type: string, max_length: 20000}, locale: {type: string, default: en}}
output_schema: {type: object, required: [summary], properties: {summary: {type: string}, mood: {enum: [good, bad]}}}
labels: [production]
---
<<<system>>>
Summarise in the language of the ticket, {{ locale }}.
<<<user>>>
{{ ticket }}
"""


def problems(source: bytes | str, name: str = "") -> list[str]:
    """What is wrong with `source`, as people read it."""
    with pytest.raises(InvalidInput) as refused:
        parse(source if isinstance(source, bytes) else source.encode(), name=name)
    return [str(problem) for problem in refused.value.problems]


def in_header(line: str, body: str = "Hello.") -> str:
    return f"---\nname: x\n{line}\n---\n{body}\n"


def test_file_of_the_contract_is_read():
    assert parse(CONTRACT) == PromptFile(
        name="support-summary",
        description="Summarise a support ticket for the agent",
        model="sim-large",
        parameters=Parameters(temperature=0.2, max_tokens=300),
        variables={"ticket": Variable(max_length=20000), "locale": Variable(default="en")},
        output_schema={
            "type": "object",
            "required": ["summary"],
            "properties": {"summary": {"type": "string"}, "mood": {"enum": ["good", "bad"]}},
        },
        labels=("production",),
        messages=(
            MessageTemplate("system", "Summarise in the language of the ticket, {{ locale }}."),
            MessageTemplate("user", "{{ ticket }}"),
        ),
    )


def test_canonical_bytes_are_readable():
    assert compose(parse(CONTRACT)).decode().split("---\n")[1] == (
        "name: support-summary\n"
        "description: Summarise a support ticket for the agent\n"
        "model: sim-large\n"
        "parameters: {temperature: 0.2, max_tokens: 300}\n"
        "variables:\n"
        "  ticket: {type: string, max_length: 20000}\n"
        "  locale: {type: string, default: en}\n"
        "output_schema:\n"
        "  type: object\n"
        "  required: [summary]\n"
        "  properties:\n"
        "    summary: {type: string}\n"
        "    mood:\n"
        "      enum: [good, bad]\n"
        "labels: [production]\n"
    )


def test_file_without_front_matter_takes_its_name_from_outside_and_its_variables_from_the_text():
    file = parse(b"Greet {{ person }}.", name="greet")
    assert (file.name, list(file.variables)) == ("greet", ["person"])
    assert file.messages == (MessageTemplate("user", "Greet {{ person }}."),)


def test_line_ends_and_byte_order_mark_are_no_content():
    plain = b"---\nname: x\n---\n<<<system>>>\nA\n<<<user>>>\nB\n"
    assert parse(b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n")) == parse(plain)
    assert parse(plain.replace(b"\n", b"\r")) == parse(plain)


def test_blank_lines_within_a_message_are_kept():
    file = parse(b"---\nname: x\n---\n\n<<<system>>>\n\nA\n\n<<<user>>>\nB\n\n")
    assert [message.template for message in file.messages] == ["\nA\n", "B\n"]


def test_escaped_marker_is_text():
    file = parse(b"---\nname: x\n---\nWrite:\n\\<<<user>>>\n\\\\<<<system>>>\n")
    assert file.messages[0].template == "Write:\n<<<user>>>\n\\<<<system>>>"


def test_yes_and_no_and_dates_and_leading_zeros_are_text():
    file = parse(
        b"---\nname: x\nvariables: {a: {default: no}, b: {default: 2026-11-23}, c: {default: 007}}\n---\n{{ a }}{{ b }}"
    )
    assert [variable.default for variable in file.variables.values()] == ["no", "2026-11-23", "007"]


def test_variables_that_are_declared_and_never_used_are_a_warning():
    file = parse(b"---\nname: x\nvariables: {a: {}, b: {}}\n---\n{{ a }}")
    assert [str(warning) for warning in warnings(file)] == ["the variable 'b' is declared and never used"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("temperature: 1", "line 3: unknown key 'temperature'; there are name, description, model, parameters, variables, output_schema, labels"),
        ("lables: [a]", "line 3: unknown key 'lables'; did you mean 'labels'?"),
        ("parameters: {temprature: 1}", "line 3: unknown key 'parameters.temprature'; did you mean 'temperature'?"),
        ("variables: {a: {typ: string}}", "line 3: unknown key 'variables.a.typ'; did you mean 'type'?"),
        ("parameters: {temperature: 2.5}", "line 3: parameters.temperature: Input should be less than or equal to 2"),
        ("parameters: {max_tokens: 0}", "line 3: parameters.max_tokens: Input should be greater than or equal to 1"),
        ("parameters: {max_tokens: '3'}", "line 3: parameters.max_tokens: Input should be a valid integer"),
        ("parameters: {seed: 1.5}", "line 3: parameters.seed: Input should be a valid integer"),
        ("variables: {a: {default: 1}}", "line 3: variables.a: default: '1' is no string; put it in quotes: '1'"),
        ("variables: {a: {type: integer, default: x}}", "line 3: variables.a: default: 'x' is no integer"),
        ("variables: {a: {type: boolean, max_length: 3}}", "line 3: variables.a: max_length is for text, this is boolean"),
        ("variables: {a: {max_length: 2, default: abc}}", "line 3: variables.a: default: has 3 characters, at most 2 are allowed"),
        ("variables: {a: {enum: [x, 1]}}", "line 3: variables.a: enum: '1' is no string; put it in quotes: '1'"),
        ("variables: {a: {enum: [x, y], default: z}}", "line 3: variables.a: default: is 'z', one of x, y is needed"),
        ("variables: {a: {enum: [x, x]}}", "line 3: variables.a.enum: says the same thing twice"),
        ("variables: {loop: {}}", "line 3: variables: 'loop' is a word of the template language, choose another name"),
        ("variables: {a-b: {}}", "line 3: variables: 'a-b': a variable has letters, digits and '_', at most 64, and begins with a letter"),
        ("variables: [a]", "line 3: variables: Input should be a valid dictionary"),
        ("labels: [Production]", "line 3: labels.0: a label has lower-case letters, digits, '-' and '_', at most 60"),
        ("output_schema: {type: objekt}", "line 3: output_schema: no valid JSON Schema: type: 'objekt' is not valid under any of the given schemas"),
        ("output_schema: {properties: {a: {$ref: 'http://example.com/a'}}}", "line 3: output_schema: $ref 'http://example.com/a' leaves the schema: nothing is fetched, use '#/$defs/…'"),
        ("output_schema: {anyOf: [{$ref: other.json}]}", "line 3: output_schema: $ref 'other.json' leaves the schema: nothing is fetched, use '#/$defs/…'"),
        ("name: y", "line 3: the key 'name' stands twice, first on line 2"),
        ("model: &a b", "line 3: anchors (&) and aliases (*) are not used here, write the value out"),
        ("model: *a", "line 3: anchors (&) and aliases (*) are not used here, write the value out"),
        ("model: !!python/object:os.system x", "line 3: tags (!) are not used here, write a plain value"),
        ("model: !!binary aGk=", "line 3: tags (!) are not used here, write a plain value"),
        ("\tmodel: a", "line 3: the front matter is no valid YAML: a tab stands where spaces are wanted"),
        ("description: a: b", "line 3: the front matter is no valid YAML: a ':' too many; put the value in quotes"),
        ('description: "a\\0b"', "line 3: NUL and lone surrogates cannot be kept"),
        ("? [a]\n: b", "line 3: a key has to be a plain word"),
        ("parameters: {temperature: 1e999}", "line 3: '1e999' is too large a number"),
        ("parameters: {seed: " + "9" * 5000 + "}", "line 3: '" + "9" * 40 + "' is no value that can be kept"),
        ("parameters: {seed: !!int x}", "line 3: 'x' is no value that can be kept"),
        ("model: a\x07b", "line 3: the character '\\x07' is not allowed in YAML"),
        ("parameters: " + "[" * 3000, "line 3: at most 5,000 values, nested 40 deep, are read"),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_front_matter_is_refused_with_its_line(line, expected):
    assert problems(in_header(line)) == [expected]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("---\nname: x\n", ["line 1: the front matter that begins here has no closing '---' line"]),
        ("---\n- a\n---\nx", ["line 2: the front matter has to be `key: value` lines"]),
        ("---\nvariables: {}\n---\nx", ["line 2: name: is missing; a prompt needs it"]),
        ("---\nname: new\n---\nx", ["line 2: name: lower-case letters, digits, '-' and '_', at most 100, and not 'new'"]),
        ("---\nname: x\n---\n", ["line 4: the template is empty"]),
        (in_header("", "<<<system>>>\n \n<<<user>>>\nhi"), ["line 5: the system message is empty"]),
        (in_header("", "Hi\n<<<user>>>\nhi"), ["line 5: text before the first role marker belongs to no message"]),
        (in_header("", "<<<tool>>>\nhi"), ["line 5: <<<tool>>> is no role: use system, user, assistant, or \\<<<tool>>> for the text itself"]),
        (in_header("variables: {ticket: {}}", "a\n{{ tickt }}"), ["line 6: the variable 'tickt' is used and not declared; did you mean 'ticket'?"]),
        (in_header("lables: []", "{{ a.b }}"), ["line 3: unknown key 'lables'; did you mean 'labels'?", "line 5: the attribute .b is not available: inputs are text"]),
        (b"\xff\xfea\x00", ["the file is UTF-16, save it as UTF-8"]),
        (b"---\r\nname: caf\xe9\r\n---\r\nx", ["line 2: byte 0xe9 is no UTF-8; save the file as UTF-8"]),
        (b"---\rname: x\r---\rcaf\xe9", ["line 4: byte 0xe9 is no UTF-8; save the file as UTF-8"]),
        (b"a\nb\x00", ["line 2: a NUL character cannot be kept"]),
        (b"x" * 200_001, ["the file has 200,001 bytes, at most 200,000 are allowed"]),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_file_is_refused_with_its_line(source, expected):
    assert problems(source) == expected


def test_at_most_fifty_problems_are_listed():
    assert len(problems(in_header("variables: {}", "\n".join(f"{{{{ v{n} }}}}" for n in range(80))))) == 50


# Texts of any letters that YAML and Postgres can hold.
letters = st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cs"])
texts = st.text(letters, max_size=60)
names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True).filter(lambda name: name != "new")
identifiers = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,20}", fullmatch=True).filter(lambda n: n not in RESERVED)
variables = st.one_of(
    st.builds(Variable, type=st.just("string"), default=st.none() | texts, description=texts),
    st.builds(Variable, type=st.just("integer"), default=st.none() | st.integers(-(10**9), 10**9)),
    st.builds(Variable, type=st.just("boolean"), default=st.none() | st.booleans()),
    st.builds(
        Variable,
        type=st.just("string"),
        enum=st.lists(texts, unique=True, max_size=4).map(tuple),
        max_length=st.just(60),
    ),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(texts, children, max_size=3),
    max_leaves=8,
)  # fmt: skip  # arguments by what they belong to
# Any text but what the template language would read, with lines that look like markers among it.
lines = st.one_of(
    st.text(letters.filter(lambda letter: letter not in "{\n"), max_size=30),
    st.sampled_from(["<<<user>>>", "\\<<<system>>>", "\\\\<<<x>>>", "---", "<<< user >>> ", "{{ v }}", ""]),
)
templates = st.lists(lines, min_size=1, max_size=6).map("\n".join).filter(str.strip)
prompt_messages = st.lists(
    st.builds(MessageTemplate, st.sampled_from(["system", "user", "assistant"]), templates),
    min_size=1,
    max_size=4,
).map(tuple)


@st.composite
def prompt_files(draw) -> PromptFile:
    declared = {"v": Variable(), **draw(st.dictionaries(identifiers, variables, max_size=4))}
    return PromptFile(
        name=draw(names),
        description=draw(texts),
        model=draw(st.just("") | names),
        parameters=Parameters(
            temperature=draw(st.none() | st.floats(0, 2) | st.integers(0, 2)),
            max_tokens=draw(st.none() | st.integers(1, 10**6)),
            stop=draw(st.lists(texts.filter(bool), unique=True, max_size=3).map(tuple)),
            seed=draw(st.none() | st.integers(0, 2**63 - 1)),
        ),
        variables=declared,
        output_schema=draw(st.none() | st.just({}) | st.fixed_dictionaries({"default": json_values})),
        labels=tuple(draw(st.lists(names, unique=True, max_size=3))),
        messages=draw(prompt_messages),
    )


@given(prompt_files())
def test_what_is_composed_is_parsed_again(file):
    assert parse(compose(file)) == file


@given(prompt_files())
def test_canonical_bytes_stay_as_they_are(file):
    assert compose(parse(compose(file))) == compose(file)


@given(prompt_messages)
@example((MessageTemplate("user", "---"),))
@example((MessageTemplate("user", "\n"), MessageTemplate("user", "\n\n")))
def test_messages_are_split_as_they_were_joined(parts):
    kept = tuple(part for part in parts if part.template.strip())
    if kept:
        assert messages.split(messages.join(kept), 1) == kept


def attempt(source: bytes):
    """The file, or what is wrong with it."""
    try:
        return parse(source, name="x"), ()
    except InvalidInput as error:
        return None, error.problems


@given(
    st.binary(max_size=400)
    | texts.map(str.encode)
    | st.builds(lambda a, b: b"---\n" + a + b"\n---\n" + b, st.binary(), st.binary())
)
@example(b"---\n? ? \n---\nx")
@example(b"---\n%\n---\nx")
@example("---\n\x85a: b\n---\nx".encode())
def test_rubbish_is_refused_in_words(source):
    file, found = attempt(source)
    if file is None:
        ends = source.count(b"\n") + source.count(b"\r") + 2
        assert found
        assert all(problem.line is None or 1 <= problem.line <= ends for problem in found)
    else:
        assert parse(compose(file), name="x") == file


def test_json_of_a_file_says_what_is_stated_and_no_more():
    file = parse(CONTRACT)
    assert prompt_format.parameters_of(file) == {"temperature": 0.2, "max_tokens": 300}
    assert prompt_format.variables_of(file) == {
        "ticket": {"type": "string", "max_length": 20000},
        "locale": {"type": "string", "default": "en"},
    }
    assert prompt_format.messages_of(file)[1] == {"role": "user", "template": "{{ ticket }}"}
