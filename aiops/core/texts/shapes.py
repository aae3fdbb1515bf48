"""Types written as text: `list[str]`, `dict[str, float]`, `int | None`, `Literal["a", "b"]`, `list[record]`.

Parsed as an expression and walked, never evaluated.
"""

import ast
import datetime as dt
import types
import uuid
from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any, Literal

from pydantic import ConfigDict, Field, create_model

NAMES: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "date": dt.date,
    "datetime": dt.datetime,
    "time": dt.time,
    "uuid": uuid.UUID,
    "any": Any,
    "list": list[Any],
    "dict": dict[str, Any],
}
RECORD = "record"
_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
DEEPEST = 10


def type_of(text: str, record: Any = None) -> Any:
    """The type that `text` names; `record` is what the word "record" stands for. Raises ValueError."""
    try:
        parsed = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        raise ValueError(f"{text!r} is not a type, such as list[str]") from None
    return _walk(parsed.body, {**NAMES, RECORD: record} if record is not None else NAMES)


def record_of(fields: Mapping[str, Any], depth: int = 1) -> Any:
    """A model with `fields` {name: type}, where a name that ends in "?" may be missing, and a type may be
    another such object. Raises ValueError.
    """
    if depth > DEEPEST:
        raise ValueError(f"a record is nested deeper than {DEEPEST}")
    made: dict[str, Any] = {}
    for number, (name, given) in enumerate(fields.items()):
        if not isinstance(given, (str, Mapping)):
            raise ValueError(  # noqa: TRY004 - what pydantic turns into words
                f"the type of {name!r} has to be a text or an object"
            )
        kind = type_of(given) if isinstance(given, str) else record_of(given, depth + 1)
        # By alias, since a model's own attributes (`copy`, `json`) could not be the names of fields.
        default = None if name.endswith("?") else ...
        made[f"field_{number}"] = (kind, Field(default, alias=name.removesuffix("?")))
    return create_model("record", __config__=_STRICT, **made)


def _walk(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Constant(value=None):
            return types.NoneType
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _walk(left, names) | _walk(right, names)
        case ast.Subscript(value=ast.Name(id="list"), slice=inner):
            return list[_walk(inner, names)]  # type: ignore[misc] # a type made at run time
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[ast.Name(id="str"), inner])):
            return dict[str, _walk(inner, names)]  # type: ignore[misc] # a type made at run time
        case ast.Subscript(value=ast.Name(id="Literal"), slice=inner):
            return _literal(inner)
    raise ValueError(
        f"{ast.unparse(node)} is none of {', '.join(names)}, list[…], dict[str, …], Literal[…], … | None"
    )


def _literal(node: ast.expr) -> Any:
    """One of the constants: texts, whole numbers, true or false."""
    nodes = node.elts if isinstance(node, ast.Tuple) else [node]
    values = [one.value if isinstance(one, ast.Constant) else None for one in nodes]
    if any(not isinstance(value, (str, int)) for value in values):
        raise ValueError("Literal[…] takes texts and whole numbers")
    return reduce(or_, (Literal[value] for value in values))
