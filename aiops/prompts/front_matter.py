"""Strict YAML: plain values only, each key once, and the line of each known.

Booleans are `true` and `false` alone; dates, and numbers with leading zeros, stay text: a default of `no` is
the language and not False. Anchors, aliases, tags and merge keys are refused: a file says what it means where
it says it.
"""

import math
import re
from bisect import bisect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from aiops.core.errors import InvalidInput, Problem

Path = tuple[str | int, ...]
_STRING, _INT, _FLOAT = "tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
_BOOL, _NULL = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"
_INT_TEXT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT_TEXT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?\Z")
_PLAIN: dict[str, Callable[[str], Any]] = {
    _INT: int,
    _FLOAT: float,
    _BOOL: lambda text: text.lower() == "true",
    _NULL: lambda _: None,
}
_OURS = ("not used here", "at most ")
MAX_DEPTH = 40
MAX_VALUES = 5_000
_BREAKS = frozenset("\r\x85\u2028\u2029\ufeff")
_RESOLVERS = (
    (_BOOL, re.compile(r"(true|false|True|False|TRUE|FALSE)\Z"), "tTfF"),
    (_NULL, re.compile(r"(~|null|Null|NULL|)\Z"), ["~", "n", "N", ""]),
    (_INT, _INT_TEXT, "-+0123456789"),
    (_FLOAT, _FLOAT_TEXT, "-+.0123456789"),
)


class _Reader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the library's own way to begin with none

    depth = 0
    count = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the library has no types here
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors (&) and aliases (*) are not used here, write the value out",
                problem_mark=event.start_mark,
            )
        self.count += 1
        if self.depth >= MAX_DEPTH or self.count > MAX_VALUES:
            limits = f"at most {MAX_VALUES:,} values, nested {MAX_DEPTH} deep, are read"
            raise yaml.MarkedYAMLError(problem=limits, problem_mark=event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Writer(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        return True


def _text(writer: _Writer, text: str) -> yaml.ScalarNode:
    """In quotes and escaped where YAML would take a sign of the text for a line end."""
    style = '"' if _BREAKS & set(text) else None
    return writer.represent_scalar(_STRING, text, style)


_Writer.add_representer(str, _text)
for _tag, _pattern, _first in _RESOLVERS:
    _Reader.add_implicit_resolver(_tag, _pattern, list(_first))
_Writer.add_implicit_resolver(_INT, _INT_TEXT, list("-+0123456789"))
_Writer.add_implicit_resolver(_FLOAT, _FLOAT_TEXT, list("-+.0123456789"))


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """`values` as read; `lines` maps each path ("variables", "ticket", "type") to its physical line."""

    values: dict[str, Any]
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line_of(self, path: Path) -> int | None:
        """The line of `path`, or of the nearest thing around it that is in the text."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return self.lines.get(())


def read_yaml(text: str, first_line: int = 1) -> tuple[Any, dict[Path, int]]:
    """The plain value in `text` and the physical line of each path. Raises InvalidInput with the line."""
    try:
        loader = _Reader(text)
        try:
            node = loader.get_single_node()
            walk = _Walk(text, first_line)
            return walk.value(node, ()) if node else None, walk.lines
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise _refusal(error, text, first_line) from None
    except yaml.reader.ReaderError as error:
        line = first_line + text.count("\n", 0, error.position)
        raise _refused(f"the character {chr(error.character)!r} is not allowed in YAML", line) from None


def read(text: str, first_line: int = 1) -> FrontMatter:
    """The mapping in `text`, which begins at physical line `first_line`."""
    values, lines = read_yaml(text, first_line)
    if values is None:
        return FrontMatter({}, {(): first_line})
    if not isinstance(values, dict):
        raise _refused("the front matter has to be `key: value` lines", first_line)
    return FrontMatter(values, lines)


def write(values: Mapping[str, Any]) -> str:
    """`values` as YAML: small collections on one line, everything else a line each."""
    dumped: str = yaml.dump(
        dict(values),
        Dumper=_Writer,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=1 << 20,
    )
    return dumped


class _Walk:
    """From the tree of nodes to plain values, noting where each stands."""

    def __init__(self, text: str, first_line: int) -> None:
        self.first_line = first_line
        self.ends = [place for place, letter in enumerate(text) if letter == "\n"]
        self.lines: dict[Path, int] = {}

    def line(self, node: yaml.Node) -> int:
        return self.first_line + bisect(self.ends, node.start_mark.index - 1)

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.lines.setdefault(path, self.line(node))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, place)) for place, child in enumerate(node.value)]
        return self.scalar(node)

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, child in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _refused("a key has to be a plain word", self.line(key_node))
            key = str(self.text_of(key_node))
            if key in values:
                first = self.lines[*path, key]
                raise _refused(f"the key {key!r} stands twice, first on line {first}", self.line(key_node))
            self.lines[*path, key] = self.line(key_node)
            values[key] = self.value(child, (*path, key))
        return values

    def scalar(self, node: yaml.Node) -> Any:
        if node.tag == _STRING:
            return self.text_of(node)
        if node.tag not in _PLAIN:
            raise _refused("tags (!) are not used here, write a plain value", self.line(node))
        try:
            value = _PLAIN[node.tag](node.value)
        except ValueError:
            raise _refused(f"{node.value[:40]!r} is no value that can be kept", self.line(node)) from None
        if isinstance(value, float) and not math.isfinite(value):
            raise _refused(f"{node.value[:40]!r} is too large a number", self.line(node))
        return value

    def text_of(self, node: yaml.Node) -> str:
        text = str(node.value)
        if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise _refused("NUL and lone surrogates cannot be kept", self.line(node))
        return text


def _refused(message: str, line: int) -> InvalidInput:
    return InvalidInput(f"line {line}: {message}", [Problem(message, line)])


def _refusal(error: yaml.MarkedYAMLError, text: str, first_line: int) -> InvalidInput:
    mark = error.problem_mark or error.context_mark
    line = first_line + (text.count("\n", 0, mark.index) if mark else 0)
    problem = error.problem or "this is no YAML"
    if "'\\t'" in problem:
        problem = "a tab stands where spaces are wanted"
    elif "mapping values are not allowed" in problem:
        problem = "a ':' too many; put the value in quotes"
    if not any(words in problem for words in _OURS):
        problem = f"the front matter is no valid YAML: {problem}"
    return _refused(problem, line)
