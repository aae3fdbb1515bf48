"""What a case may say. One pass finds everything that is wrong with it, in words."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aiops.datasets.content import MAX_CASE_BYTES, MAX_LABEL, MAX_LOCALE, CaseContent, digest, join

FIELDS = ("id", "inputs", "expected", "category", "locale", "tags", "metadata", "must_pass", "checks")
_FIELDS = frozenset(FIELDS)
MAX_DEPTH = 50  # of lists and objects within each other
MAX_VALUES = 200_000  # in one field; YAML can say millions in a few lines

MAX_CHARACTERS = 8 * 2**20

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_LOCALE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Checked:
    """A case that may be stored: what it says, the JSON text of each key, and the digest of its line."""

    content: CaseContent
    parts: dict[str, str]
    digest: str


def check(raw: Mapping[str, Any]) -> tuple[Checked | None, list[str]]:
    """The case that `raw` (an object of a file) describes, or all that is wrong with it."""
    problems = [*_names(raw), *_key(raw), *_inputs(raw), *_labels(raw), *_structures(raw)]
    if problems:
        return None, problems
    content = CaseContent(
        key=raw["id"],
        inputs=raw["inputs"],
        expected=raw.get("expected"),
        category=raw.get("category") or "",
        locale=raw.get("locale") or "",
        tags=list(raw.get("tags") or ()),
        metadata=raw.get("metadata") or {},
        must_pass=bool(raw.get("must_pass")),
        checks=list(raw.get("checks") or ()),
    )
    return _sealed(content)


def unknown(name: str, known: Iterable[str], kind: str) -> str:
    """Says that `name` is none of `known`, and which one it may be meant to be."""
    near = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
    advice = f"did you mean {quoted(near[0])}?" if near else f"known: {', '.join(known)}"
    return f"unknown {kind} {quoted(name)}, {advice}"


def quoted(text: str) -> str:
    """`text` in quotation marks, cut to 60 characters, without control characters."""
    short = text if len(text) <= 60 else f"{text[:59]}…"
    return '"' + _CONTROL.sub("�", short).encode(errors="replace").decode() + '"'


def _names(raw: Mapping[str, Any]) -> list[str]:
    if raw.keys() <= _FIELDS:
        return []
    return [unknown(name, FIELDS, "key") for name in raw if name not in FIELDS]


def _key(raw: Mapping[str, Any]) -> list[str]:
    key = raw.get("id")
    if key is None or key == "":
        return ["id is missing: each case needs one of its own, so that a later import can update it"]
    return _label("id", key)


def _inputs(raw: Mapping[str, Any]) -> list[str]:
    if raw.get("inputs") is None:
        return ['inputs is missing: it maps each variable to its text, as {"ticket": "…"}']
    inputs = raw["inputs"]
    if not isinstance(inputs, dict):
        return [f"inputs must be an object of variables, not {kind_of(inputs)}"]
    if not inputs:
        return ["inputs is empty: it needs at least one variable"]
    return [problem for name, value in inputs.items() for problem in _input(name, value)]


def _input(name: str, value: Any) -> list[str]:
    problems = _label("the name of a variable in inputs", name)
    if not isinstance(value, str):
        hint = f", write {quoted(str(value))}" if isinstance(value, int | float) else ""
        problems.append(f"inputs.{name} must be text, not {kind_of(value)}{hint}")
    else:
        problems += _unstorable(f"inputs.{name}", value)
    return problems


def _labels(raw: Mapping[str, Any]) -> list[str]:
    problems = []
    if raw.get("category") not in (None, ""):
        problems += _label("category", raw["category"])
    if raw.get("locale") not in (None, ""):
        problems += _locale(raw["locale"])
    tags = raw.get("tags")
    if isinstance(tags, list):
        problems += [problem for n, tag in enumerate(tags) for problem in _label(f"tags[{n}]", tag)]
        if not problems and len(set(tags)) < len(tags):
            problems.append("tags holds the same tag twice")
    elif tags is not None:
        problems.append(f"tags must be a list, not {kind_of(tags)}")
    return problems


def _label(name: str, value: Any) -> list[str]:
    """An id, a category or a tag: short text on one line."""
    if type(value) is str and value.isprintable() and 0 < len(value) <= MAX_LABEL and value == value.strip():
        return []  # nearly always
    if not isinstance(value, str):
        return [f"{name} must be text, not {kind_of(value)}"]
    if len(value) > MAX_LABEL:
        return [f"{name} is too long ({len(value):,} characters, at most {MAX_LABEL})"]
    return _unstorable(name, value) or _untidy(name, value)


def _untidy(name: str, value: str) -> list[str]:
    if _CONTROL.search(value):
        return [f"{name} {quoted(value)} holds a line break or another control character"]
    if value != value.strip() or not value:
        return [f"{name} {quoted(value)} is empty, or begins or ends with a space"]
    return []


def _locale(value: Any) -> list[str]:
    if not isinstance(value, str):
        return [f"locale must be text, not {kind_of(value)}"]
    if len(value) > MAX_LOCALE or not _is_locale(value):
        return [f"locale {quoted(value)} is no language tag such as en, ja or zh-Hans"]
    return []


@lru_cache(maxsize=1000)
def _is_locale(value: str) -> bool:
    return _LOCALE.fullmatch(value) is not None


def _structures(raw: Mapping[str, Any]) -> list[str]:
    problems = _expected(raw.get("expected"))
    metadata = raw.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        problems.append(f"metadata must be an object, not {kind_of(metadata)}")
    elif metadata:
        problems += storable("metadata", metadata)
    if not isinstance(raw.get("must_pass", False), bool | None):
        problems.append(f"must_pass must be true or false, not {kind_of(raw['must_pass'])}")
    return problems + _checks(raw.get("checks"))


def _expected(value: Any) -> list[str]:
    if isinstance(value, bool | int | float):
        return [f"expected must be text, an object, a list or null, not {kind_of(value)}: put it in quotes"]
    return _unstorable("expected", value) if isinstance(value, str) else storable("expected", value)


def _checks(checks: Any) -> list[str]:
    if checks is None:
        return []
    if not isinstance(checks, list):
        return [f"checks must be a list of objects, not {kind_of(checks)}"]
    if problems := storable("checks", checks):
        return problems
    return [
        f'checks[{n}] must be an object with a "type", as {{"type": "contains", "value": "…"}}'
        for n, entry in enumerate(checks)
        if not (isinstance(entry, dict) and isinstance(entry.get("type"), str) and entry["type"])
    ]


def storable(name: str, value: Any) -> list[str]:
    """What keeps the JSON value `value` out of the database: depth, size, or characters that are none."""
    characters = 0
    for seen, (text, depth) in enumerate(_walk(value), start=1):
        characters += len(text)
        if depth > MAX_DEPTH:
            return [f"{name} is nested more than {MAX_DEPTH} levels deep"]
        if seen > MAX_VALUES or characters > MAX_CHARACTERS:
            return [f"{name} is too long: more than {MAX_VALUES:,} values or {MAX_CHARACTERS:,} characters"]
        if problems := _unstorable(name, text):
            return problems
    return []


def _walk(value: Any) -> Iterator[tuple[str, int]]:
    """Each value within `value` and its depth from 1: its text, or '' where it is none. Names of keys too."""
    stack = [(value, 1)] if value else []
    while stack:
        top, depth = stack.pop()
        yield (top if isinstance(top, str) else ""), depth
        if isinstance(top, dict):
            stack.extend((each, depth + 1) for pair in top.items() for each in pair)
        elif isinstance(top, list):
            stack.extend((each, depth + 1) for each in top)


def _unstorable(name: str, text: str) -> list[str]:
    if "\x00" in text:
        return [f"{name} holds a null character (\\u0000), which cannot be stored as text"]
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            lone = f"\\u{ord(text[error.start]):04x}"
            return [f"{name} holds half a character ({lone} without its other half), which is no text"]
    return []


def _sealed(content: CaseContent) -> tuple[Checked | None, list[str]]:
    parts = content.parts()
    line = join(parts)
    if len(line) > MAX_CASE_BYTES // 4 and (size := len(line.encode())) > MAX_CASE_BYTES:
        return None, [_too_large(content, parts, size)]
    return Checked(content, parts, digest(line)), []


def _too_large(content: CaseContent, parts: dict[str, str], size: int) -> str:
    name = max(parts, key=lambda part: len(parts[part]))
    length = len(parts[name])
    if name == "inputs":
        variable = max(content.inputs, key=lambda each: len(content.inputs[each]))
        name, length = f"inputs.{variable}", len(content.inputs[variable])
    return (
        f"{name} is too long ({length:,} characters): "
        f"the case has {size / MAX_CASE_BYTES:.1f} MB, at most {MAX_CASE_BYTES // 2**20} MB"
    )


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names: dict[type, str] = {
        dict: "an object",
        list: "a list",
        str: "text",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "this")
