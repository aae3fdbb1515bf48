"""Golden cases from a promptfoo configuration: `tests[].vars`, `assert` and `metadata`.

promptfoo's tests have no id, so a case without `metadata.id` gets one made from its variables: the same test
keeps its id when the file is imported again. What has no equal here is left out, with a note that says so.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import yaml

from aiops.core.errors import Problem
from aiops.datasets.formats.asserts import translate
from aiops.datasets.formats.items import Item, Note, RawCase
from aiops.datasets.formats.lines import lines
from aiops.datasets.formats.strict_json import decode
from aiops.datasets.validation import kind_of, storable

MAX_DEPTH = 60
MAX_CHARACTERS = 5 * 2**20  # YAML is read whole
_TAKEN = {"vars", "assert", "metadata", "description"}
_ELSEWHERE = ("file://", "http://", "https://", "python:", "exec:")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where PyYAML has libyaml


class _Bad(Exception):
    """One test that cannot become a case."""


def parse(file: BinaryIO) -> Iterator[Item]:
    """The cases of `file`, with the line of each test."""
    text = _text(file)
    if isinstance(text, Problem):
        yield text
        return
    try:
        if problem := _too_deep(text):
            yield problem
            return
        loader = _Loader(text)
        yield from _config(loader, loader.get_single_node())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        yield Problem(f"not valid YAML: {error.problem}", line=mark.line + 1 if mark else None)
    except (_Bad, yaml.YAMLError) as error:
        yield Problem(f"not valid YAML: {' '.join(str(error).split())}")


def _too_deep(text: str) -> Problem | None:
    """What builds the tree calls itself for each level, in C: a deep file would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            mark: Any = event.start_mark  # the parser always sets it
            return Problem("not valid here: lists or mappings are nested too deeply", line=mark.line + 1)
    return None


def _text(file: BinaryIO) -> str | Problem:
    parts: list[str] = []
    size = 0
    for _, line in lines(file):
        if isinstance(line, Problem):
            return line
        size += len(line)
        if size > MAX_CHARACTERS:
            return Problem("the file has more than 5 MB; write so many cases as JSON Lines")
        parts.append(line)
    return "".join(parts)


def _config(loader: Any, root: Any) -> Iterator[Item]:
    if root is None:
        return
    fields = _mapping(root)
    tests = fields.get("tests")
    if tests is None and isinstance(root, yaml.SequenceNode):
        tests = root  # a file of tests alone
    if not isinstance(tests, yaml.SequenceNode):
        where = "is not a list: a file that it names must be imported itself" if tests else "is missing"
        yield Problem(f"tests {where}", line=tests.start_mark.line + 1 if tests else None)
        return
    defaults = _mapping(fields.get("defaultTest"))
    yield from _left("defaultTest", defaults)
    for node in tests.value:
        yield from _test(loader, node, defaults)


def _test(loader: Any, node: Any, defaults: dict[str, Any]) -> Iterator[Item]:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        yield Note("a test that is no mapping (a file or an address) was left out", line)
        return
    try:
        fields = _mapping(node)
        values, left = _values(loader, fields, defaults)
    except (_Bad, yaml.YAMLError) as error:
        yield Problem(" ".join(str(error).split()), line=line)
        return
    yield from _left("test", fields, line)
    yield from (Note(message, line) for message in left)
    yield RawCase(line, values)


def _values(
    loader: Any, fields: dict[str, Any], defaults: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """A case's values, and what was left out."""
    inputs = _inputs(defaults.get("vars")) | _inputs(fields.get("vars"))
    metadata = _plain(loader, defaults, "metadata", {}) | _plain(loader, fields, "metadata", {})
    asserts = _plain(loader, defaults, "assert", []) + _plain(loader, fields, "assert", [])
    expected, checks, left = translate(asserts)
    values: dict[str, Any] = {
        "id": _id(metadata, inputs),
        "inputs": inputs,
        "expected": expected,
        "checks": checks,
    }
    values |= {name: metadata.pop(name, None) for name in ("category", "locale", "tags")}
    if "description" in fields:
        metadata.setdefault("description", fields["description"].value)
    return values | {"metadata": metadata}, left


def _left(what: str, fields: dict[str, Any], line: int | None = None) -> Iterator[Note]:
    for name, node in fields.items():
        if name not in _TAKEN:
            yield Note(f"{what}: {name!r} was left out", line or node.start_mark.line + 1)


def _mapping(node: Any) -> dict[str, Any]:
    """The nodes of a mapping by key; nothing for anything else."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    names = [str(key.value) for key, _ in node.value]
    if twice := [name for name in names if names.count(name) > 1]:
        raise _Bad(f"the key {twice[0][:60]!r} stands there twice")
    return dict(zip(names, (value for _, value in node.value), strict=True))


def _inputs(node: Any) -> dict[str, str]:
    """Variables as they are written: 007 stays 007, yes stays yes."""
    made = {}
    for name, value in _mapping(node).items():
        if not isinstance(value, yaml.ScalarNode):
            raise _Bad(f"vars.{name} must be text; promptfoo's lists of values must be written out as tests")
        if value.value.startswith(_ELSEWHERE):
            raise _Bad(f"vars.{name} refers to {value.value[:80]!r}: write the text itself")
        made[name] = value.value
    return made


def _plain(loader: Any, fields: dict[str, Any], name: str, default: Any) -> Any:
    """The JSON value of a field; dates become text."""
    if name not in fields:
        return default
    value = loader.construct_object(fields[name], deep=True)
    if value is None:
        return default
    if not isinstance(value, type(default)):
        raise _Bad(f"{name} must be {kind_of(default)}, not {kind_of(value)}")
    if problems := storable(name, value):
        raise _Bad(problems[0])
    try:
        return decode(json.dumps(value, default=str, allow_nan=False))
    except (ValueError, TypeError) as error:
        raise _Bad(f"{name} holds a value that JSON cannot say: {error}") from None


def _id(metadata: dict[str, Any], inputs: Mapping[str, str]) -> str:
    given = metadata.pop("id", None)
    if given is not None:
        return str(given)
    return "test-" + hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:12]
