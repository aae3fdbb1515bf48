"""What callers send, read strictly: an unknown field is refused by its name, never ignored."""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from aiops.gateway.errors import InvalidRequest

MOST_BYTES = 4 * 1024 * 1024
DEPTH = 64
AGAIN_BYTES = 4096  # of a body that is remembered
T = TypeVar("T", bound=BaseModel)
_SUSPECT = (rb"\u0000", rb"\ud", rb"\uD")

Text = Annotated[str, StringConstraints(max_length=1_000_000, pattern=r"^[^\x00]*$")]
Word = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Locale = Annotated[str, StringConstraints(max_length=35, pattern=r"^[A-Za-z0-9-]*$")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(Body):
    type: Literal["text"]
    text: Text


class Said(Body):
    """One message. Only text goes through; tools as they are."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Text | Annotated[tuple[Part, ...], Field(max_length=100)] | None = None
    name: Word | None = None
    tool_calls: Annotated[tuple[dict[str, Any], ...], Field(max_length=64)] = ()
    tool_call_id: Word = ""

    @property
    def text(self) -> str:
        if isinstance(self.content, tuple):
            return "".join(part.text for part in self.content)
        return self.content or ""


class Schema(Body):
    name: Word = ""
    description: Text = ""
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None


class ResponseFormat(Body):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: Schema | None = None


class StreamOptions(Body):
    include_usage: bool = False


class Chat(Body):
    """OpenAI's chat completion, as far as it is honoured, and our own fields."""

    model: Word
    messages: Annotated[tuple[Said, ...], Field(min_length=1, max_length=1000)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    seed: int | None = None
    stop: Word | Annotated[tuple[Word, ...], Field(max_length=4)] | None = None
    response_format: ResponseFormat | None = None
    tools: Annotated[tuple[dict[str, Any], ...], Field(max_length=128)] = ()
    tool_choice: str | dict[str, Any] | None = None
    user: Word = ""
    metadata: dict[Word, Word] | None = None
    inputs: dict[Word, Text] = {}
    locale: Locale = ""
    category: Word = "unknown"
    # What changes nothing where it has its default, and is refused otherwise.
    n: Literal[1] | None = None
    top_p: Literal[1] | None = None
    presence_penalty: Literal[0] | None = None
    frequency_penalty: Literal[0] | None = None
    logprobs: Literal[False] | None = None
    store: Literal[False] | None = None
    parallel_tool_calls: bool | None = None
    service_tier: Literal["auto", "default"] | None = None


class Invoke(Body):
    inputs: dict[Word, Text]
    user: Word = ""
    locale: Locale = ""
    category: Word = "unknown"
    metadata: dict[Word, Word] = {}
    idempotency_key: (
        Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")] | None
    ) = None


def _listed(given: Any) -> Any:
    if isinstance(given, str):
        return [given]
    if isinstance(given, list) and any(isinstance(one, int | list) for one in given):
        raise ValueError("give texts; token numbers are not supported")
    return given


Wanted = Annotated[str, StringConstraints(min_length=1, max_length=1_000_000, pattern=r"^[^\x00]*$")]


class Embeddings(Body):
    """OpenAI's embeddings, as far as they are honoured."""

    model: Word
    input: Annotated[tuple[Wanted, ...], BeforeValidator(_listed), Field(min_length=1, max_length=2048)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, Field(ge=1, le=8192)] | None = None
    user: Word = ""


class Feedback(Body):
    """What an application says of an answer later."""

    call_id: Word
    score: Literal[-1, 1] | None = None
    outcome: Literal["accepted", "edited", "rejected"] | None = None
    edited_output: Text | None = None
    complaint: bool = False
    comment: Text | None = None


class Context(BaseModel):
    """Of a flag's evaluation. Applications put into it what they like; this much of it decides."""

    user: Word = Field("", alias="targetingKey")
    tenant: Word = ""


class Evaluation(BaseModel):
    """OFREP's request. The protocol may grow fields that decide nothing here."""

    context: Context = Context()


def parsed(body: bytes, kind: type[T]) -> T:
    """Raises InvalidRequest that names the first field that is wrong, or the place where the JSON breaks.

    What is sent again byte for byte, as most answers from the cache are asked for, is not read again.
    """
    return _again(body, kind) if len(body) <= AGAIN_BYTES else _parsed(body, kind)


def _parsed(body: bytes, kind: type[T]) -> T:
    try:
        return kind.model_validate(_json(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidRequest(
            f"{where}: {_in_words(first)}" if where else first["msg"], param=where or None
        ) from None


_again = lru_cache(maxsize=1024)(_parsed)


def _json(body: bytes) -> Any:
    try:
        value = _DECODER.decode(body.decode())
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The body is not UTF-8 (byte {error.start}).") from None
    except json.JSONDecodeError as error:
        raise InvalidRequest(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise InvalidRequest("The body is nested too deeply.") from None
    if not isinstance(value, dict):
        raise InvalidRequest("The body is a JSON object.")
    if body.count(b"{") + body.count(b"[") > DEPTH and _deeper(value, DEPTH):
        raise InvalidRequest(f"The body is nested more than {DEPTH} levels deep.")
    if any(mark in body for mark in _SUSPECT) and _spoiled(value):
        raise InvalidRequest("The body holds half a character (a lone surrogate) or NUL.")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidRequest(f"The field {twice[:100]!r} stands twice in one object.")
    return found


def _whole(number: str) -> int:
    if len(number) > 19:
        raise InvalidRequest(f"The number {number[:20]}… is too large.")
    return int(number)


def _fraction(number: str) -> float:
    if not math.isfinite(value := float(number)):
        raise InvalidRequest(f"The number {number[:20]} is too large.")
    return value


def _spoiled(value: Any) -> bool:
    """Whether a text in it can be neither sent on as UTF-8 nor stored."""
    if isinstance(value, str):
        return "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return any(map(_spoiled, value)) or any(map(_spoiled, value.values()))
    return isinstance(value, list) and any(map(_spoiled, value))


def _no_constant(name: str) -> Any:
    raise InvalidRequest(f"{name} is not JSON.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_whole, parse_float=_fraction
)


def _deeper(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return levels == 0 or any(_deeper(part, levels - 1) for part in value)


def _in_words(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "extra_forbidden":
        return "this parameter is not supported"
    if problem["type"] == "literal_error":
        return f"only {problem['ctx']['expected']} is supported"
    return str(problem["msg"])
