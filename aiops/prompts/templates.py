"""The template language: Jinja2's sandbox, cut down to what a prompt needs.

Text in, text out. There are variables, `if`, `for` over short lists, comparisons and a list of filters; there
are no attributes, calls, macros, assignments, inclusions or arithmetic. What is left can neither reach Python
nor grow without a bound: each filter's result, each loop and the whole output are limited.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2 import filters as jinja_filters
from jinja2.exceptions import SecurityError
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from aiops.core.errors import InvalidInput, Problem

MAX_OUTPUT = 2_000_000
MAX_ITEMS = 1_000
MAX_PARTS = 10_000
MAX_DEPTH = 60
_TOO_MUCH = "the template is nested too deeply or holds a number that cannot be kept"
_LOOP_FACTS = frozenset({"index", "index0", "first", "last", "length"})
_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter, nodes.Test,
    nodes.List, nodes.Tuple, nodes.Getitem, nodes.Slice, nodes.Neg, nodes.Keyword,
)  # fmt: skip  # short names, packed: they would fill the page
_WORDS: dict[type[nodes.Node], str] = {
    nodes.Include: "include", nodes.Import: "import", nodes.FromImport: "import", nodes.Extends: "extends",
    nodes.Block: "block", nodes.Macro: "macro", nodes.CallBlock: "call", nodes.Assign: "set",
    nodes.AssignBlock: "set",
    nodes.FilterBlock: "filter", nodes.With: "with", nodes.Concat: "the operator ~", nodes.Call: "a call",
    nodes.Dict: "a dictionary", nodes.BinExpr: "arithmetic",
}  # fmt: skip  # pairs, read as a table


class TooLarge(TemplateError):
    """The text grew past what a prompt may have."""


def _replace(text: str, old: str, new: str, count: int | None = None) -> str:
    """Bounded before it is made: replacing is how a short template would make a long text."""
    found = min(text.count(old), count) if count is not None else text.count(old)
    if len(text) + found * (len(new) - len(old)) > MAX_OUTPUT:
        raise TooLarge(f"replace makes more than {MAX_OUTPUT:,} characters")
    return text.replace(old, new, -1 if count is None else count)


def _truncate(text: str, length: int = 255, end: str = "…") -> str:
    """The first `length` characters, `end` included where something is cut."""
    return text if len(text) <= length else text[: max(0, length - len(end))] + end


def _lines(text: str) -> list[str]:
    return text.splitlines()


def _words(text: str) -> int:
    return len(text.split())


def _bounded(values: Iterable[Any]) -> Iterator[Any]:
    """What `for` walks over: at most MAX_ITEMS."""
    found = list(islice(iter(values), MAX_ITEMS + 1))
    if len(found) > MAX_ITEMS:
        raise TooLarge(f"a loop has more than {MAX_ITEMS:,} items")
    return iter(found)


def _finalize(value: Any) -> Any:
    """Booleans as the text that callers give."""
    return str(value).lower() if isinstance(value, bool) else value


_FILTERS: dict[str, Any] = {
    "capitalize": str.capitalize,
    "default": jinja_filters.do_default,
    "first": lambda values: values[0] if values else "",
    "last": lambda values: values[-1] if values else "",
    "length": len,
    "lines": _lines,
    "lower": str.lower,
    "replace": _replace,
    "title": jinja_filters.do_title,
    "trim": lambda text: text.strip(),
    "truncate": _truncate,
    "upper": str.upper,
    "wordcount": _words,
}
_TESTS = frozenset(
    (
        "defined", "undefined", "none", "in", "eq", "equalto", "ne", "lt", "le", "gt", "ge", "sameas",
        "number", "string",
    )
)  # fmt: skip  # arguments by what they belong to


class _Environment(ImmutableSandboxedEnvironment):
    """No loader, no globals, no attributes."""

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, finalize=_finalize
        )
        self.globals = {}
        self.filters = {name: _limited(change) for name, change in _FILTERS.items()}
        self.filters["_bounded"] = _bounded
        self.tests = {name: test for name, test in self.tests.items() if name in _TESTS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj).__name__ == "LoopContext" and attribute in _LOOP_FACTS:
            return super().getattr(obj, attribute)
        raise SecurityError(f"the attribute {attribute!r} is not available: inputs are text")

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(argument, int | slice):
            return obj[argument]
        raise SecurityError(f"{argument!r} is no position: inputs are text")


def _limited(change: Any) -> Any:
    """`change`, refusing a result that is longer than a whole prompt may be."""
    if change is jinja_filters.do_default:
        return change

    def limited(value: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(value, Undefined):
            str(value)  # a strict one raises here and says which variable is missing
        result = change(value, *arguments, **options)
        if isinstance(result, str) and len(result) > MAX_OUTPUT:
            raise TooLarge(f"a filter makes more than {MAX_OUTPUT:,} characters")
        return result

    return limited


_environment = _Environment()


def examine(template: str, line: int = 1) -> tuple[dict[str, int], list[Problem]]:
    """The variables that `template` uses with the line of their first use, and what is wrong with it.

    `line` is the physical line on which the template begins.
    """
    try:
        tree = _parse(template)
        problems = list(dict.fromkeys(_objections(tree, line, line, inside_for=False)))
        if not problems:
            compiled(template)
    except TemplateSyntaxError as error:
        return {}, [Problem(_plain(str(error.message)), line + error.lineno - 1)]
    except InvalidInput as error:
        return {}, [Problem(str(error), line)]
    used: dict[str, int] = {}
    for name, at in _used(tree, frozenset()):
        used.setdefault(name, line + at - 1)
    return used, problems


@lru_cache(maxsize=1024)
def compiled(template: str) -> Template:
    """The program of `template`; kept by its text, which never changes its meaning."""
    try:
        tree = _parse(template)
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, "_bounded", [], [], None, None, lineno=loop.lineno)
        code = _environment.compile(tree)
    except (SyntaxError, RecursionError, MemoryError, ValueError, OverflowError):
        raise InvalidInput(_TOO_MUCH) from None
    return Template.from_code(_environment, code, {}, None)


def fill(template: str, values: Mapping[str, Any]) -> str:
    """The text that `template` gives with `values`. Raises TemplateError, or what odd values cause."""
    pieces: list[str] = []
    size = 0
    for piece in compiled(template).generate(dict(values)):
        size += len(piece)
        if size > MAX_OUTPUT:
            raise TooLarge(f"the prompt has more than {MAX_OUTPUT:,} characters")
        pieces.append(piece)
    return "".join(pieces)


def _parse(template: str) -> nodes.Template:
    """The tree of `template`. Raises InvalidInput where it is too large or too deep to work with."""
    if template.count("{{") + template.count("{%") > MAX_PARTS // 2:  # known before the long way round
        raise InvalidInput(f"the template has more than {MAX_PARTS // 2:,} places to fill in")
    try:
        tree = _environment.parse(template)
    except (RecursionError, MemoryError, ValueError, OverflowError):
        raise InvalidInput(_TOO_MUCH) from None
    parts = 0
    level: list[nodes.Node] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node.iter_child_nodes()]
        parts += len(level)
    if level or parts > MAX_PARTS:
        raise InvalidInput(
            f"the template has more than {MAX_PARTS:,} parts, or is nested deeper than {MAX_DEPTH}"
        )
    return tree


def _objections(node: nodes.Node, above: int, first: int, *, inside_for: bool) -> Iterator[Problem]:
    """Some nodes know no line of their own: theirs is that of the node `above` them."""
    at = first + node.lineno - 1 if node.lineno else above
    if message := _objection(node, inside_for=inside_for):
        yield Problem(message, at)
        return
    for child in node.iter_child_nodes():
        yield from _objections(child, at, first, inside_for=inside_for or isinstance(node, nodes.For))


def _objection(node: nodes.Node, *, inside_for: bool) -> str:
    """What is wrong with this node itself; '' where nothing is."""
    if isinstance(node, nodes.For) and (inside_for or node.recursive):
        return "a loop inside of a loop is not available"
    if isinstance(node, nodes.Getattr):
        return _attribute_objection(node)
    if isinstance(node, nodes.Filter | nodes.Test):
        return _name_objection(node)
    if isinstance(node, nodes.Getitem) and not _is_position(node.arg):
        return "only positions such as text[:100] are available: inputs are text"
    if not isinstance(node, _NODES):
        words = next((word for kind, word in _WORDS.items() if isinstance(node, kind)), type(node).__name__)
        return f"{words} is not available in prompts: they have variables, if, for and filters"
    return ""


def _name_objection(node: nodes.Filter | nodes.Test) -> str:
    kind, known = ("filter", list(_FILTERS)) if isinstance(node, nodes.Filter) else ("test", sorted(_TESTS))
    return "" if node.name in known else f"there is no {kind} {node.name!r}; there are {', '.join(known)}"


def _attribute_objection(node: nodes.Getattr) -> str:
    if isinstance(node.node, nodes.Name) and node.node.name == "loop" and node.attr in _LOOP_FACTS:
        return ""
    return f"the attribute .{node.attr} is not available: inputs are text"


def _is_position(node: nodes.Node) -> bool:
    parts = [node.start, node.stop, node.step] if isinstance(node, nodes.Slice) else [node]
    plain = [part.node if isinstance(part, nodes.Neg) else part for part in parts if part is not None]
    return all(isinstance(part, nodes.Const) and type(part.value) is int for part in plain)


def _used(node: nodes.Node, bound: frozenset[str]) -> Iterator[tuple[str, int]]:
    """Each variable that is read, with its line in the template; a loop binds its own inside of it."""
    if isinstance(node, nodes.Name) and node.name not in bound:
        yield node.name, node.lineno
    if isinstance(node, nodes.For):
        yield from _used(node.iter, bound)
        targets = {
            name.name
            for name in [*node.target.find_all(nodes.Name), node.target]
            if isinstance(name, nodes.Name)
        }
        bound = bound | targets | {"loop"}
        children: Iterable[nodes.Node] = [*node.body, *node.else_, *([node.test] if node.test else [])]
    else:
        children = node.iter_child_nodes()
    for child in children:
        yield from _used(child, bound)


def _plain(message: str) -> str:
    """Jinja's sentence, with what to do where people trip most."""
    if message.startswith("Encountered unknown tag"):
        return f"{message.partition('.')[0]}: prompts have if and for"
    if "unexpected char '#'" in message or "unexpected char '>'" in message:
        return "Handlebars blocks such as {{#if}} are not read; write {% if name %} … {% endif %}"
    return message
