"""`.prompt` files (docs/adr/0015): YAML front matter between `---` lines, then the template.

`parse` says everything that is wrong, by line; `compose` writes the canonical bytes. The bytes that somebody
gave are kept with the version, so nothing here has to preserve comments or the order of keys.
"""

import codecs
import difflib
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from aiops.core.errors import InvalidInput, Problem
from aiops.prompts import foreign, front_matter, messages, templates
from aiops.prompts.front_matter import FrontMatter
from aiops.prompts.shape import MAX_SOURCE_BYTES, Header, MessageTemplate, Parameters, PromptFile, Variable

MAX_PROBLEMS = 50


def parse(source: bytes, *, name: str = "") -> PromptFile:
    """The prompt that `source` describes; `name` (of its file) counts where the front matter has none.

    Raises InvalidInput with up to 50 problems, each with its physical line.
    """
    text = decode(source)
    found, body, body_line = _parts(text)
    values, inferred = foreign.dotprompt(found), foreign.declares_nothing(found)
    problems: list[Problem] = []
    header: Header | None = None
    parts: tuple[MessageTemplate, ...] = ()
    try:
        parts = messages.split(foreign.role_helpers(body), body_line)
    except InvalidInput as error:
        problems += error.problems
    used, wrong = _examined(parts)
    problems += wrong
    if inferred and "variables" not in values:
        values["variables"] = {variable: {} for variable in used}
    try:
        header = Header.model_validate({"name": name, **values} if name else values)
    except ValidationError as error:
        problems += _header_problems(error, found)
    if header:
        problems += _undeclared(used, header)
    if problems or header is None:
        raise refusal(problems)
    return PromptFile.model_construct(**dict(header), messages=parts)


def warnings(file: PromptFile) -> list[Problem]:
    """What is allowed but looks like a mistake."""
    used, _ = _examined(file.messages)
    return [
        Problem(f"the variable {name!r} is declared and never used")
        for name in file.variables
        if name not in used
    ]


def compose(file: PromptFile) -> bytes:
    """The canonical bytes of `file`: `parse` gives it back."""
    values: dict[str, Any] = {"name": file.name}
    values |= {key: getattr(file, key) for key in ("description", "model") if getattr(file, key)}
    if file.parameters != Parameters():
        values["parameters"] = parameters_of(file)
    values["variables"] = variables_of(file)
    if file.output_schema is not None:
        values["output_schema"] = file.output_schema
    if file.labels:
        values["labels"] = list(file.labels)
    return f"---\n{front_matter.write(values)}---\n{messages.join(file.messages)}".encode()


def messages_of(file: PromptFile) -> list[dict[str, str]]:
    """The messages as JSON."""
    return [{"role": message.role, "template": message.template} for message in file.messages]


def parameters_of(file: PromptFile) -> dict[str, Any]:
    """The stated parameters as JSON."""
    return file.parameters.model_dump(mode="json", exclude_defaults=True)


def variables_of(file: PromptFile) -> dict[str, dict[str, Any]]:
    """The declared variables as JSON; each says its type."""
    return {name: _variable_json(variable) for name, variable in file.variables.items()}


def _variable_json(variable: Variable) -> dict[str, Any]:
    return {"type": variable.type, **variable.model_dump(mode="json", exclude_defaults=True)}


def decode(source: bytes) -> str:
    """The text of `source`, with line feeds alone as line ends and without a byte order mark."""
    if len(source) > MAX_SOURCE_BYTES:
        raise _whole(f"the file has {len(source):,} bytes, at most {MAX_SOURCE_BYTES:,} are allowed")
    if source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _whole("the file is UTF-16, save it as UTF-8")
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = _lines_before(source[: error.start]) + 1
        message = f"byte 0x{source[error.start]:02x} is no UTF-8; save the file as UTF-8"
        raise InvalidInput(f"line {line}: {message}", [Problem(message, line)]) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise InvalidInput(f"line {line}: a NUL character", [Problem("a NUL character cannot be kept", line)])
    return text


def _lines_before(source: bytes) -> int:
    return source.count(b"\n") + source.replace(b"\r\n", b"").count(b"\r")


def _whole(message: str) -> InvalidInput:
    return InvalidInput(message, [Problem(message)])


def refusal(problems: list[Problem]) -> InvalidInput:
    """One error for all `problems`, in the order of their lines."""
    found = sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    return InvalidInput(f"the prompt file has {count}: {found[0]}", found[:MAX_PROBLEMS])


def _parts(text: str) -> tuple[FrontMatter, str, int]:
    """Front matter, body, and the line on which the body begins."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return FrontMatter({}, {(): 1}), text, 1
    end = next((place for place, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        message = "the front matter that begins here has no closing '---' line"
        raise InvalidInput(f"line 1: {message}", [Problem(message, 1)])
    found = front_matter.read("\n".join(lines[1:end]), 2)
    return found, "\n".join(lines[end + 1 :]), end + 2


def _examined(parts: tuple[MessageTemplate, ...]) -> tuple[dict[str, int], list[Problem]]:
    used: dict[str, int] = {}
    problems: list[Problem] = []
    for part in parts:
        names, wrong = templates.examine(part.template, part.line)
        used = names | used
        problems += wrong
    return used, problems


def _undeclared(used: dict[str, int], header: Header) -> Iterator[Problem]:
    for name, line in used.items():
        if name not in header.variables:
            near = difflib.get_close_matches(name, header.variables, 1)
            advice = (
                f"; did you mean {near[0]!r}?"
                if near
                else f"; add it to `variables:`, as {name}: {{type: string}}"
            )
            yield Problem(f"the variable {name!r} is used and not declared{advice}", line)


def _header_problems(error: ValidationError, found: FrontMatter) -> Iterator[Problem]:
    for detail in error.errors(include_url=False):
        path = tuple(detail["loc"])
        yield Problem(_header_message(path, detail["type"], detail["msg"]), found.line_of(path) or 1)


def _header_message(path: tuple[str | int, ...], kind: str, message: str) -> str:
    where = ".".join(str(part) for part in path) or "front matter"
    if kind == "missing":
        return f"{where}: is missing; a prompt needs it"
    if kind == "extra_forbidden":
        return f"unknown key {where!r}; {_known(path)}"
    return f"{where}: {message.removeprefix('Value error, ')}"


def _known(path: tuple[str | int, ...]) -> str:
    kinds: dict[str, Iterable[str]] = {
        "parameters": Parameters.model_fields,
        "variables": Variable.model_fields,
    }
    own = list(Header.model_fields)
    keys = list(kinds.get(str(path[0]), own)) if len(path) > 1 else own
    near = difflib.get_close_matches(str(path[-1]), keys, 1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(keys)}"
