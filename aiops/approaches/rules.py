r"""Rules: what a set of them says, and its answer to inputs. Pure: no Django, no database.

    rules:
      - name: refund
        if: {input: message, any: [refund, "money back"]}
        then: Refunds take five days.
      - if: {input: message, regex: 'order\s+\d+'}
        then: "We look into it: {{ message|truncate(80) }}"
    otherwise: A colleague will answer.

The first rule whose conditions all hold answers. Keywords are words, however they are written: large or
small, full or half width; `refund*` takes what begins so. In scripts without spaces they may stand anywhere.
"""

import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

import regex
from jinja2 import TemplateError
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from aiops.core.errors import InvalidInput, Problem
from aiops.prompts import format as prompt_format
from aiops.prompts import front_matter, templates

PATIENCE = 0.25  # seconds for one pattern on one text: it may backtrack for ever
PATIENCE_FOR_ALL = 1.0
MAX_RULES = 200
MAX_WORDS = 200
MAX_PATTERN = 2_000
MAX_PROBLEMS = 50
OTHERWISE = "otherwise"

# What parts words; a Japanese or Thai word has no space before it.
_DENSE = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LETTER = regex.compile(rf"[[\p{{L}}\p{{M}}\p{{N}}_]--[{_DENSE}]]", regex.VERSION1)
_NO_INPUT = "is no name of an input: letters, digits and '_', beginning with a letter"


def _one_or_many(value: Any) -> Any:
    """A single value where a list may stand; lists become tuples, as frozen values want them."""
    return tuple(value) if isinstance(value, list) else (value,)


Word = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[tuple[Word, ...], BeforeValidator(_one_or_many), Field(min_length=1, max_length=MAX_WORDS)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Condition(_Strict):
    """What has to hold for the text of `input`: all that is stated."""

    input: str = Field(max_length=64)
    regex: str | None = Field(None, min_length=1, max_length=MAX_PATTERN)
    any: Words | None = None
    all: Words | None = None

    @field_validator("input")
    @classmethod
    def _named(cls, name: str) -> str:
        if not name.isidentifier() or not name.isascii() or name.startswith("_"):
            raise ValueError(f"{name[:64]!r} {_NO_INPUT}")
        return name

    @field_validator("regex")
    @classmethod
    def _compiles(cls, given: str | None) -> str | None:
        try:
            regex.compile(given or "")
        except (regex.error, OverflowError, RecursionError) as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return given

    @field_validator("any", "all")
    @classmethod
    def _words(cls, given: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if empty := [word for word in given or () if not _folded(word.rstrip("*"))]:
            raise ValueError(f"{empty[0]!r} is no keyword")
        return given

    @model_validator(mode="after")
    def _says_something(self) -> "Condition":
        if self.regex is None and self.any is None and self.all is None:
            raise ValueError("says nothing: give regex, any or all")
        return self


class Rule(_Strict):
    """The conditions, all of which have to hold, and the template of the answer."""

    name: str = Field("", max_length=100)
    when: Annotated[
        tuple[Condition, ...], BeforeValidator(_one_or_many), Field(alias="if", min_length=1, max_length=20)
    ]
    then: str = Field(max_length=20_000)


class Program(_Strict):
    """A whole rule set."""

    rules: Annotated[
        tuple[Rule, ...], BeforeValidator(_one_or_many), Field(min_length=1, max_length=MAX_RULES)
    ]
    otherwise: str = Field(max_length=20_000)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Every input that a condition or a template names, sorted."""
        asked = {condition.input for rule in self.rules for condition in rule.when}
        for template in (*(rule.then for rule in self.rules), self.otherwise):
            asked |= templates.examine(template)[0].keys()
        return tuple(sorted(asked))


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, the rule that gave it (from 1; None: `otherwise`), and why in words."""

    text: str
    rule: int | None
    name: str
    because: str


@lru_cache(maxsize=256)
def program(source: str) -> Program:
    """The rules that `source` (YAML or JSON) writes. Raises InvalidInput with a problem for each line."""
    text = prompt_format.decode(source.encode(errors="surrogatepass"))
    try:
        values, lines = front_matter.read_yaml(text)
    except InvalidInput as error:
        raise _refusal([Problem(_ours(each.message), each.line) for each in error.problems]) from None
    found = front_matter.FrontMatter({}, lines)
    if not isinstance(values, dict):
        raise _refusal([Problem("rules are written as `rules:` and `otherwise:`", 1)])
    try:
        read = Program.model_validate(values)
    except ValidationError as error:
        raise _refusal(_problems(error, found)) from None
    if wrong := _template_problems(read, found):
        raise _refusal(wrong)
    return read


def decide(rules: Program, inputs: Mapping[str, str]) -> Decision:
    """The first rule's answer that fits `inputs` (name -> text).

    Raises InvalidInput where an input is missing, a pattern takes too long, or a template cannot be filled.
    """
    end = time.monotonic() + PATIENCE_FOR_ALL
    for number, rule in enumerate(rules.rules, 1):
        reasons = []
        for condition in rule.when:
            reason = _holds(condition, inputs, number, end)
            if not reason:
                break
            reasons.append(reason)
        else:
            text = _filled(rule.then, inputs, f"rule {number}")
            return Decision(text, number, rule.name, "; ".join(reasons))
    return Decision(_filled(rules.otherwise, inputs, OTHERWISE), None, OTHERWISE, "no rule fits")


def _holds(condition: Condition, inputs: Mapping[str, str], number: int, end: float) -> str:
    """Why the condition holds, in words; '' where it does not."""
    if condition.input not in inputs:
        message = f"the input {condition.input!r} is missing (rule {number} asks for it)"
        raise InvalidInput(message, [Problem(message)])
    text, found = inputs[condition.input], []
    if condition.all is not None:
        found += [_found(word, text) for word in condition.all]
    if condition.any is not None:
        found.append(next((hit for word in condition.any if (hit := _found(word, text))), ""))
    if condition.regex is not None and all(found):
        found.append(_matched(condition.regex, text, number, end))
    return f"{condition.input} has {', '.join(repr(hit[:60]) for hit in found)}" if all(found) else ""


def _matched(pattern: str, text: str, number: int, end: float) -> str:
    """What the pattern finds; a match of nothing counts as well."""
    left = min(PATIENCE, end - time.monotonic())
    try:
        if left <= 0:
            raise TimeoutError
        match = regex.compile(pattern).search(text, timeout=left)
    except TimeoutError:
        message = f"the pattern of rule {number} takes too long on this text: write it without nested repeats"
        raise InvalidInput(message, [Problem(message)]) from None
    return (match.group() or "(nothing)") if match else ""


def _found(word: str, text: str) -> str:
    """The keyword as it stands in the text, as a word; '' where it does not."""
    begins, sought, among = word.endswith("*"), _folded(word.rstrip("*")), _folded(text)
    at = among.find(sought)
    while at >= 0:
        end = at + len(sought)
        inside = _joined(among[at - 1 : at], sought[0]) or (
            not begins and _joined(sought[-1], among[end : end + 1])
        )
        if not inside:
            return sought
        at = among.find(sought, at + 1)
    return ""


def _joined(left: str, right: str) -> bool:
    """Whether the two characters are of one word; '' is where the text ends."""
    return bool(left and right and _is_letter(left) and _is_letter(right))


@lru_cache(maxsize=4096)
def _is_letter(character: str) -> bool:
    return _LETTER.match(character) is not None


@lru_cache(maxsize=512)
def _folded(text: str) -> str:
    """Large and small, wide and narrow are the same, and so are all blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _filled(template: str, inputs: Mapping[str, str], place: str) -> str:
    try:
        return templates.fill(template, inputs)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        message = f"the answer of {place} cannot be filled in: {error}"
        raise InvalidInput(message, [Problem(message)]) from None


def _template_problems(read: Program, found: front_matter.FrontMatter) -> list[Problem]:
    places: list[tuple[front_matter.Path, str]] = [
        (("rules", place, "then"), rule.then) for place, rule in enumerate(read.rules)
    ]
    places.append(((OTHERWISE,), read.otherwise))
    return [
        Problem(problem.message, found.line_of(path))
        for path, template in places
        for problem in templates.examine(template)[1]
    ]


def _problems(error: ValidationError, found: front_matter.FrontMatter) -> list[Problem]:
    return [
        Problem(_words_for(detail["loc"], detail), found.line_of(detail["loc"]) or 1)
        for detail in error.errors(include_url=False)
    ]


def _words_for(path: front_matter.Path, detail: Any) -> str:
    where = ".".join(str(part + 1) if isinstance(part, int) else part for part in path) or "the rules"
    if detail["type"] == "missing":
        return f"{where} is missing"
    if detail["type"] == "extra_forbidden":
        return f"unknown key {str(path[-1])[:40]!r}; a rule has name, if (input, regex, any, all) and then"
    return f"{where}: {detail['msg'].removeprefix('Value error, ')}"


def _ours(message: str) -> str:
    return message.replace("the front matter is", "this is")


def _refusal(problems: list[Problem]) -> InvalidInput:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return InvalidInput(f"the rules have {count}: {problems[0]}", problems[:MAX_PROBLEMS])
