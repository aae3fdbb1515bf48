"""From a version and inputs to the messages that are sent, and nothing else."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

from jinja2 import TemplateError

from aiops.core.errors import InvalidInput, Problem
from aiops.prompts import templates
from aiops.prompts.shape import Scalar, Variable, as_text
from aiops.providers.protocol import Message


class Renderable(Protocol):
    """What has messages and declared variables as JSON: a stored version, or a draft of one."""

    @property
    def messages(self) -> list[dict[str, str]]: ...

    @property
    def variables(self) -> dict[str, dict[str, Any]]: ...


def render(version: Renderable, inputs: Mapping[str, str]) -> tuple[Message, ...]:
    """The messages of `version` with `inputs` (variable -> text) filled in.

    Inputs that the version does not declare are left aside, so that one dataset serves prompts with fewer
    variables. Raises InvalidInput, with a problem per variable that is missing or does not fit.
    """
    values = _values(version.variables, inputs)
    return tuple(
        Message(role=part["role"], content=_filled(part["template"], values, place))  # type: ignore[arg-type]  # parsed when it was stored
        for place, part in enumerate(version.messages, 1)
    )


def estimate_tokens(messages: Iterable[Message]) -> int:
    """About how many tokens a vendor will count: four bytes of Latin text, one character of most others.

    Rough on purpose (±30 %), the same for every vendor; the vendor's own count is what is billed.
    """
    total = 0
    for message in messages:
        ascii_letters = (
            len(message.content)
            if message.content.isascii()
            else len(message.content.encode("ascii", "ignore"))
        )
        total += 4 + -(-ascii_letters // 4) + (len(message.content) - ascii_letters)
    return total


def _values(variables: Mapping[str, Mapping[str, Any]], inputs: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, facts in variables.items():
        variable = _variable(facts)
        text = inputs.get(name, None if variable.required else variable.text)
        if text is None:
            problems.append(Problem(f"the variable {name!r} is missing"))
        elif objection := variable.objection(text):
            problems.append(Problem(f"the variable {name!r} {objection}"))
        else:
            values[name] = _value(variable.type, text)
    if problems:
        raise InvalidInput("; ".join(problem.message for problem in problems[:5]), problems)
    return values


def _variable(facts: Mapping[str, Any]) -> Variable:
    enum = tuple(as_text(value) for value in facts.get("enum", ()))
    return _declared(facts["type"], facts.get("default"), facts.get("max_length"), enum)


@lru_cache(maxsize=4096, typed=True)
def _declared(kind: Any, default: Scalar | None, max_length: int | None, enum: tuple[str, ...]) -> Variable:
    """Stored facts were checked when the version was made: no second check, a thousand times a second."""
    return Variable.model_construct(type=kind, default=default, max_length=max_length, enum=enum)


def _value(kind: str, text: str) -> Any:
    """What the template sees: numbers compare as numbers and print as they were given."""
    if kind == "integer":
        return int(text)
    if kind == "number":
        return Decimal(text)
    return text == "true" if kind == "boolean" else text


def _filled(template: str, values: Mapping[str, Any], place: int) -> str:
    try:
        return templates.fill(template, values)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        message = f"message {place} cannot be rendered: {error}"
        raise InvalidInput(message, [Problem(message)]) from None
