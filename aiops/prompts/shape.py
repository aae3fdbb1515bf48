"""What a `.prompt` file says, as frozen values. No Django, no database."""

import re
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

import jsonschema
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MAX_SOURCE_BYTES = 200_000
MAX_MESSAGES = 100
MAX_TEXT = 1_000_000
RESERVED = frozenset(
    {
        "and",
        "caller",
        "else",
        "elif",
        "false",
        "for",
        "if",
        "import",
        "in",
        "include",
        "is",
        "loop",
        "none",
        "not",
        "or",
        "range",
        "self",
        "super",
        "true",
        "varargs",
        "kwargs",
    }
)

MessageRole = Literal["system", "user", "assistant"]
ROLES: tuple[str, ...] = get_args(MessageRole)
Scalar = str | bool | int | float
NAME = re.compile(r"(?!new\Z)[a-z0-9][a-z0-9_-]{0,99}\Z")
NAME_RULE = "lower-case letters, digits, '-' and '_', at most 100, and not 'new'"
LABEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}\Z")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")
_FORMS = {
    "integer": (re.compile(r"-?[0-9]{1,18}\Z"), "a whole number such as 12"),
    "number": (re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?\Z"), "a number such as 12 or 0.5"),
    "boolean": (re.compile(r"(true|false)\Z"), "true or false"),
}


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """One message of a prompt; `line` is where it starts in its file, from 1, and is no part of its value."""

    role: MessageRole
    template: str
    line: int = field(default=1, compare=False)


def _slug(text: str) -> str:
    if not NAME.match(text):
        raise ValueError(NAME_RULE)
    return text


def _label(text: str) -> str:
    if not LABEL.match(text):
        raise ValueError("a label has lower-case letters, digits, '-' and '_', at most 60")
    return text


def _one_or_many(value: Any) -> Any:
    """A single text where a list may stand; lists become tuples, as frozen values want them."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len({(type(value), value) for value in values}) != len(values):
        raise ValueError("says the same thing twice")
    return values


def _known_schema(schema: dict[str, Any] | None) -> dict[str, Any] | None:
    if schema is None:
        return None
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        where = ".".join(str(part) for part in error.absolute_path) or "the schema"
        raise ValueError(f"no valid JSON Schema: {where}: {error.message[:200]}") from None
    if outside := next(_outside_references(schema), None):
        raise ValueError(f"$ref {outside!r} leaves the schema: nothing is fetched, use '#/$defs/…'")
    return schema


def _outside_references(part: Any) -> Any:
    if isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            yield reference
        part = list(part.values())
    if isinstance(part, list):
        for child in part:
            yield from _outside_references(child)


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Parameters(Strict):
    """What is sent along with the messages; None leaves it to the vendor."""

    temperature: int | float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1, le=1_000_000)
    top_p: int | float | None = Field(None, gt=0, le=1)
    stop: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=200)], ...],
        BeforeValidator(_one_or_many),
        AfterValidator(_unique),
        Field(max_length=16),
    ] = ()
    seed: int | None = Field(None, ge=0, lt=2**63)


class Variable(Strict):
    """A declared input. Without `default` it is required."""

    type: Literal["string", "number", "integer", "boolean"] = "string"
    default: Scalar | None = None
    max_length: int | None = Field(None, ge=1, le=MAX_TEXT)
    description: str = Field("", max_length=2000)
    enum: Annotated[
        tuple[Scalar, ...], BeforeValidator(_one_or_many), AfterValidator(_unique), Field(max_length=200)
    ] = ()

    @model_validator(mode="after")
    def _fits_itself(self) -> "Variable":
        if self.max_length is not None and self.type != "string":
            raise ValueError(f"max_length is for text, this is {self.type}")
        for value in self.enum:
            if wrong := self._mismatch(value):
                raise ValueError(f"enum: {wrong}")
        if self.default is not None and (wrong := self._mismatch(self.default) or self.objection(self.text)):
            raise ValueError(f"default: {wrong}")
        return self

    @property
    def required(self) -> bool:
        return self.default is None

    @property
    def text(self) -> str:
        """The default as the text that a caller would have given; '' where there is none."""
        return as_text(self.default)

    def _mismatch(self, value: Scalar) -> str:
        kinds: dict[str, tuple[type, ...]] = {
            "string": (str,),
            "boolean": (bool,),
            "integer": (int,),
            "number": (int, float),
        }
        if isinstance(value, kinds[self.type]) and (self.type == "boolean" or not isinstance(value, bool)):
            return ""
        quote = f"; put it in quotes: '{as_text(value)}'" if self.type == "string" else ""
        return f"{as_text(value)!r} is no {self.type}{quote}"

    def objection(self, text: str) -> str:
        """What is wrong with `text` as the value of this variable; '' where nothing is."""
        if type(text) is not str:
            return f"has to be text, not {type(text).__name__}"
        limit = self.max_length or MAX_TEXT
        if len(text) > limit:
            return f"has {len(text):,} characters, at most {limit:,} are allowed"
        pattern, needed = _FORMS.get(self.type, (None, ""))
        if pattern and not pattern.match(text):
            return f"is {text[:40]!r}, {needed} is needed"
        if self.enum and text not in (known := [as_text(value) for value in self.enum]):
            return f"is {text[:40]!r}, one of {', '.join(known)[:300]} is needed"
        return ""


def as_text(value: Scalar | None) -> str:
    """A value of the front matter as the text that a caller would give for it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _variable_names(variables: dict[str, Variable]) -> dict[str, Variable]:
    for name in variables:
        if name in RESERVED:
            raise ValueError(f"{name!r} is a word of the template language, choose another name")
        if not _VARIABLE.match(name):
            raise ValueError(
                f"{name[:80]!r}: a variable has letters, digits and '_', at most 64, and begins with a letter"
            )
    return variables


class Header(Strict):
    """The front matter of a `.prompt` file."""

    name: Annotated[str, AfterValidator(_slug)]
    description: str = Field("", max_length=5000)
    model: str = Field("", max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]*$|^$")
    parameters: Parameters = Parameters()
    variables: Annotated[dict[str, Variable], AfterValidator(_variable_names), Field(max_length=100)] = {}
    output_schema: Annotated[dict[str, Any] | None, AfterValidator(_known_schema)] = None
    labels: Annotated[
        tuple[Annotated[str, AfterValidator(_label)], ...],
        BeforeValidator(_one_or_many),
        AfterValidator(_unique),
        Field(max_length=20),
    ] = ()


class PromptFile(Header):
    """A whole `.prompt` file."""

    messages: tuple[MessageTemplate, ...] = Field(min_length=1, max_length=MAX_MESSAGES)
