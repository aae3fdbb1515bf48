# ruff: noqa: E501 - a table of inputs and answers is read by rows
"""Prompts of other tools are read as what they mean, and what cannot be taken over is named."""

import pytest

from aiops.core.errors import InvalidInput
from aiops.prompts.files import native
from aiops.prompts.format import parse
from aiops.prompts.shape import MessageTemplate, Parameters, Variable

DOTPROMPT = b"""---
model: googleai/gemini-1.5-flash
config: {temperature: 0.4, maxOutputTokens: 200, topP: 0.9, stopSequences: [END], seed: 7}
input:
  schema:
    text: string, what the customer wrote
    count?: integer
    tone?: string
  default: {count: 3}
output:
  format: json
  schema:
    summary: string, one sentence
    tags(array, at most five): string
    person?:
      name: string
---
{{role "system"}}
Answer as {{tone}}.
{{ role 'user' }}
{{text}} {{count}}
{{role "model"}}
Fine.
"""


def problems(source: bytes, name: str = "x") -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        parse(source, name=name)
    return [str(problem) for problem in refused.value.problems]


def with_header(header: str) -> bytes:
    return f"---\n{header}\n---\nHello.\n".encode()


def test_dotprompt_file_is_read():
    file = parse(DOTPROMPT, name="dot")
    assert file.model == "googleai/gemini-1.5-flash"
    assert file.parameters == Parameters(temperature=0.4, max_tokens=200, top_p=0.9, stop=("END",), seed=7)
    assert file.variables == {
        "text": Variable(description="what the customer wrote"),
        "count": Variable(type="integer", default=3),
        "tone": Variable(default=""),
    }
    assert file.output_schema == {
        "type": "object",
        "properties": {
            "summary": {"type": "string", "description": "one sentence"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "person": {
                "type": "object",
                "properties": {"name": {"type": "string"}},
                "required": ["name"],
                "additionalProperties": False,
            },
        },
        "required": ["summary", "tags"],
        "additionalProperties": False,
    }
    assert file.messages == (
        MessageTemplate("system", "Answer as {{tone}}."),
        MessageTemplate("user", "{{text}} {{count}}"),
        MessageTemplate("assistant", "Fine."),
    )


def test_dotprompt_file_with_model_alone_declares_what_it_uses():
    assert list(
        parse(b"---\nmodel: sim-small\n---\nTell {{name}} about {{subject}}.\n", name="x").variables
    ) == [
        "name",
        "subject",
    ]


def test_dotprompt_json_schemas_are_taken_as_they_are():
    file = parse(
        with_header(
            "input: {schema: {type: object, properties: {a: {type: string, maxLength: 9, title: A}}}}\n"
            "output: {schema: {type: object, properties: {}}}"
        ),
        name="x",
    )
    assert file.variables == {"a": Variable(max_length=9)}
    assert file.output_schema == {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("config: {temperature: 0.1, topK: 40}", "line 2: config.topK: is not known here; there are temperature, maxOutputTokens, topP, stopSequences, seed"),
        ("config: 3", "line 2: config: a mapping is needed"),
        ("input: {schema: {tags: object}}", "line 2: the variable 'tags' is object: inputs are text, numbers and booleans"),
        ("output: {schema: [a]}", "line 2: output.schema: a schema is needed"),
        ("input: {schema: {type: object, properties: [a]}}", "line 2: input.schema.properties: a mapping is needed"),
        ("input: {schema: {type: object, properties: {a: 1}}}", "line 2: input.schema.properties.a: a mapping is needed"),
        ("tools: [search]\nconfig: {}", "line 2: unknown key 'tools'; there are name, description, model, parameters, variables, output_schema, labels"),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_what_dotprompt_says_and_we_cannot_is_named(header, expected):
    assert problems(with_header(header)) == [expected]


def test_promptfoo_text_becomes_a_user_message():
    file = parse(native("greet.txt", b"Greet {{ name }}.\n", name="greet"))
    assert (file.name, file.messages, list(file.variables)) == (
        "greet", (MessageTemplate("user", "Greet {{ name }}."),), ["name"],
    )  # fmt: skip  # short names, packed: they would fill the page


@pytest.mark.parametrize(
    ("file_name", "source"),
    [
        ("chat.json", b'[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "{{ q }}\\n"}]'),
        ("chat.yaml", b'- role: system\n  content: Be brief.\n- {role: user, content: "{{ q }}\\n"}\n'),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_promptfoo_chat_becomes_messages(file_name, source):
    assert parse(native(file_name, source, name="chat")).messages == (
        MessageTemplate("system", "Be brief."),
        MessageTemplate("user", "{{ q }}\n"),
    )


@pytest.mark.parametrize(
    ("file_name", "source", "expected"),
    [
        ("a.json", b"{}", "line 1: a list of messages with `role` and `content` is needed"),
        ("a.json", b"[]", "line 1: a list of messages with `role` and `content` is needed"),
        ("a.yml", b"- {role: user}", "line 1: each message has `role` and `content`, and nothing else"),
        ("a.yaml", b"- role: user\n  content: a\n- role: tool\n  content: b", "line 3: each message has a role of system, user, assistant and text as content"),
        ("a.yaml", b"- {role: [], content: b}", "line 1: each message has a role of system, user, assistant and text as content"),
        ("a.txt", b"one\n---\ntwo", "line 2: a '---' line separates several prompts; put each into a file of its own"),
        ("a.json", b"[" * 100_000, "the JSON is nested too deeply"),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_promptfoo_file_that_cannot_be_taken_over_is_refused(file_name, source, expected):
    with pytest.raises(InvalidInput) as refused:
        native(file_name, source, name="a")
    assert [str(problem) for problem in refused.value.problems] == [expected]
