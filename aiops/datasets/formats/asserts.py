"""promptfoo's assertions as an expected output and checks; what has no equal is said in words."""

from collections.abc import Callable
from typing import Any

from aiops.datasets.validation import quoted

Check = dict[str, Any]


def translate(asserts: list[Any]) -> tuple[Any, list[Check], list[str]]:
    """The expected output (of the first `equals`), the checks, and what was left out."""
    expected: Any = None
    checks: list[Check] = []
    left: list[str] = []
    for entry in asserts:
        kind = entry.get("type") if isinstance(entry, dict) else None
        if kind == "equals" and expected is None and _usable(entry):
            expected = entry["value"]
        elif kind in _CHECKS and _usable(entry):
            checks.append(_CHECKS[str(kind)](entry.get("value")))
        else:
            left.append(f"the assertion {quoted(str(kind))} was left out: it has no equal here")
        left += _extras(entry) if isinstance(entry, dict) else []
    return expected, checks, left


def _usable(entry: dict[str, Any]) -> bool:
    value = entry.get("value")
    if entry["type"] == "is-json":
        return value is None or isinstance(value, dict)
    return isinstance(value, str) and not value.startswith(("file://", "python:"))


def _extras(entry: dict[str, Any]) -> list[str]:
    names = sorted(str(name) for name in set(entry) - {"type", "value"})
    return [
        f"{quoted(name)} of the assertion {quoted(str(entry.get('type')))} was left out" for name in names
    ]


def _check(name: str, parameter: str = "value", **more: Any) -> Callable[[Any], Check]:
    return lambda value: {"type": name, parameter: value, **more}


_CHECKS: dict[str, Callable[[Any], Check]] = {
    "equals": _check("exact"),
    "contains": _check("contains"),
    "icontains": _check("contains", ignore_case=True),
    "not-contains": _check("not_contains"),
    "not-icontains": _check("not_contains", ignore_case=True),
    "regex": _check("regex", "pattern"),
    "is-json": lambda schema: {"type": "json_schema", "schema": schema or {}},
}
