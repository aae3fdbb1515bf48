"""Prompts of other tools: Dotprompt's simple files and promptfoo's prompt files.

A Dotprompt file is read where ours is, since both are `.prompt`: its `config`, `input` and `output` say what
our `parameters`, `variables` and `output_schema` do, `{{role "system"}}` is a marker, and what it uses need
not be declared. A promptfoo file (`.txt`, or a chat array in `.json` or `.yaml`) becomes a `.prompt` file.
"""

import json
import re
from pathlib import PurePath
from typing import Any

from aiops.core.errors import InvalidInput, Problem
from aiops.prompts import front_matter, messages
from aiops.prompts.front_matter import FrontMatter
from aiops.prompts.shape import ROLES, MessageTemplate

_OWN_KEYS = frozenset({"config", "input", "output"})
_CONFIG = {
    "temperature": "temperature",
    "maxOutputTokens": "max_tokens",
    "topP": "top_p",
    "stopSequences": "stop",
    "seed": "seed",
}
_ROLE_HELPER = re.compile(r"""^[ \t]*\{\{\s*role\s+["'](\w+)["']\s*\}\}[ \t]*$""", re.MULTILINE)
_PROMPTFOO_SEPARATOR = re.compile(r"^---[ \t]*$", re.MULTILINE)
PROMPTFOO_SUFFIXES = frozenset({".txt", ".json", ".yaml", ".yml"})


def declares_nothing(found: FrontMatter) -> bool:
    """Whether the file leaves its variables to be found in its text, as Dotprompt does."""
    return not {"name", "variables"} & found.values.keys()


def role_helpers(body: str) -> str:
    """`body` with `{{role "system"}}` lines as our markers; Dotprompt calls the assistant `model`."""
    return _ROLE_HELPER.sub(lambda found: f"<<<{'assistant' if found[1] == 'model' else found[1]}>>>", body)


def dotprompt(found: FrontMatter) -> dict[str, Any]:
    """The values of `found` in our keys; a file of ours is given back as it is."""
    if not _OWN_KEYS & found.values.keys():
        return dict(found.values)
    values = {key: value for key, value in found.values.items() if key not in _OWN_KEYS}
    if "config" in found.values:
        values["parameters"] = _parameters(found)
    if variables := _variables(found):
        values["variables"] = variables
    if (output := _mapping(found, "output")) and "schema" in output:
        values["output_schema"] = _schema(output["schema"], found, ("output", "schema"))
    return values


def _mapping(found: FrontMatter, *path: str) -> dict[str, Any]:
    value: Any = found.values
    for key in path:
        value = value.get(key, {})
        if not isinstance(value, dict):
            raise _refused(f"{'.'.join(path)}: a mapping is needed", found.line_of(path))
    return dict(value)


def _refused(message: str, line: int | None) -> InvalidInput:
    return InvalidInput(message, [Problem(message, line)])


def _parameters(found: FrontMatter) -> dict[str, Any]:
    config = _mapping(found, "config")
    if unknown := [key for key in config if key not in _CONFIG]:
        known = ", ".join(_CONFIG)
        raise _refused(
            f"config.{unknown[0]}: is not known here; there are {known}",
            found.line_of(("config", unknown[0])),
        )
    return {_CONFIG[key]: value for key, value in config.items()}


def _variables(found: FrontMatter) -> dict[str, dict[str, Any]]:
    schema, defaults = _mapping(found, "input", "schema"), _mapping(found, "input", "default")
    declared = (
        _json_schema_variables(found) if schema.get("type") == "object" else _picoschema_variables(schema)
    )
    for name, default in defaults.items():
        declared.setdefault(name, {})["default"] = default
    for name, facts in declared.items():
        if facts.get("type", "string") not in ("string", "number", "integer", "boolean"):
            line = found.line_of(("input", "schema", name))
            raise _refused(
                f"the variable {name!r} is {facts['type']}: inputs are text, numbers and booleans", line
            )
    return declared


def _json_schema_variables(found: FrontMatter) -> dict[str, dict[str, Any]]:
    kept = {"type": "type", "default": "default", "description": "description", "enum": "enum"}
    kept["maxLength"] = "max_length"
    path = ("input", "schema", "properties")
    properties = {name: _mapping(found, *path, name) for name in _mapping(found, *path)}
    return {
        name: {kept[key]: value for key, value in facts.items() if key in kept}
        for name, facts in properties.items()
    }


def _picoschema_variables(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    declared: dict[str, dict[str, Any]] = {}
    for key, value in schema.items():
        kind, _, description = str(value).partition(",")
        facts = {"type": kind.strip()} | ({"description": description.strip()} if description else {})
        declared[key.removesuffix("?")] = facts | (
            {"default": ""} if key.endswith("?") and kind == "string" else {}
        )
    return declared


def _schema(schema: Any, found: FrontMatter, path: tuple[str, ...]) -> dict[str, Any]:
    """JSON Schema as it is; Picoschema (`name: string, what it is`, `tags(array): string`) written out."""
    if isinstance(schema, str):
        kind, _, description = schema.partition(",")
        return {"type": kind.strip()} | ({"description": description.strip()} if description else {})
    if not isinstance(schema, dict):
        raise _refused(f"{'.'.join(path)}: a schema is needed", found.line_of(path))
    if "type" in schema or "$ref" in schema:
        return schema
    properties: dict[str, Any] = {}
    for key, value in schema.items():
        name, _, kind = key.partition("(")
        child = _schema(value, found, (*path, key))
        words = kind.rstrip(")").split(",")
        properties[name.removesuffix("?")] = _wrapped(words[0].strip(), child)
    required = [key.partition("(")[0] for key in schema if not key.partition("(")[0].endswith("?")]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _wrapped(kind: str, child: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": child} if kind == "array" else child


def promptfoo(text: str, file_name: str) -> str:
    """The text of promptfoo's prompt file as that of a `.prompt` file without name and variables.

    Raises InvalidInput with what could not be taken over.
    """
    suffix = PurePath(file_name).suffix
    if suffix == ".txt":
        parts = [MessageTemplate("user", _single(text).removesuffix("\n"))]
    else:
        parts = _chat(text, suffix)
    return f"---\n---\n{messages.join(parts)}"


def _single(text: str) -> str:
    if separator := _PROMPTFOO_SEPARATOR.search(text):
        line = text.count("\n", 0, separator.start()) + 1
        raise _refused("a '---' line separates several prompts; put each into a file of its own", line)
    return text


def _chat(text: str, suffix: str) -> list[MessageTemplate]:
    lines: dict[front_matter.Path, int] = {}
    if suffix == ".json":
        try:
            entries = json.loads(text)
        except json.JSONDecodeError as error:
            raise _refused(f"this is no JSON: {error.msg}", error.lineno) from None
        except RecursionError:
            raise _refused("the JSON is nested too deeply", None) from None
    else:
        entries, lines = front_matter.read_yaml(text)
    if not isinstance(entries, list) or not entries:
        raise _refused("a list of messages with `role` and `content` is needed", 1)
    return [_message(entry, lines.get((place,))) for place, entry in enumerate(entries)]


def _message(entry: Any, line: int | None) -> MessageTemplate:
    if not isinstance(entry, dict) or entry.keys() != {"role", "content"}:
        raise _refused("each message has `role` and `content`, and nothing else", line)
    role, content = entry["role"], entry["content"]
    if role not in ROLES or not isinstance(content, str):
        raise _refused(f"each message has a role of {', '.join(ROLES)} and text as content", line)
    return MessageTemplate(role, content)
