"""What a judge answers, read strictly, and several answers made into one judgement (pure).

The judge read a text that somebody hostile may have written, so nothing is searched for in its reply: the
whole of it is the JSON object that was asked for, or it is an error of the judge.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aiops.core.errors import AiopsError
from aiops.evaluations.scorers.base import Judgement, not_judged, shorten

_FENCED = re.compile(r"```(?:json)?\s*\n(?P<inside>.*?)\n?\s*```", re.DOTALL | re.IGNORECASE)
MAX_REPLY = 20_000  # characters; a verdict has a sentence or two
FAILED = "The judge"  # how the reason of a judge that failed begins; its value and verdict are null


class Garbled(AiopsError):
    """The judge's reply is not what it was asked for."""


class Reply(BaseModel):
    """Base of the replies: strict, so that "4" is no score and 1 no verdict."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    reason: str = Field(min_length=1)


class Ruling(Reply):
    """Pass or fail."""

    verdict: Literal["pass", "fail"]


class Grade(Reply):
    """One to five."""

    score: int = Field(ge=1, le=5)


class Preference(Reply):
    """Of two answers."""

    better: Literal["first", "second", "tie"]


SCHEMAS: Mapping[type[Reply], dict[str, Any]] = {
    Ruling: {
        "type": "object",
        "required": ["reason", "verdict"],
        "properties": {"reason": {"type": "string"}, "verdict": {"enum": ["pass", "fail"]}},
        "additionalProperties": False,
    },
    Grade: {
        "type": "object",
        "required": ["reason", "score"],
        "properties": {"reason": {"type": "string"}, "score": {"type": "integer", "enum": [1, 2, 3, 4, 5]}},
        "additionalProperties": False,
    },
    Preference: {
        "type": "object",
        "required": ["reason", "better"],
        "properties": {"reason": {"type": "string"}, "better": {"enum": ["first", "second", "tie"]}},
        "additionalProperties": False,
    },
}
R = TypeVar("R", bound=Reply)


def read(text: str, kind: type[R]) -> R:
    """The reply as `kind`: a JSON object, bare or as one fenced block. Raises Garbled in words."""
    bare = text.strip()
    if len(bare) > MAX_REPLY:
        raise Garbled(f"gave {len(bare):,} characters instead of a short JSON object")
    fenced = _FENCED.fullmatch(bare)
    try:
        found = json.loads(fenced["inside"] if fenced else bare, object_pairs_hook=_once)
        return kind.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        what = f"{where}: {first['msg']}" if where else first["msg"]
        raise Garbled(f"gave JSON that does not fit ({what}): {shorten(bare)}") from None
    except (ValueError, RecursionError):
        raise Garbled(
            f"did not answer with the JSON object asked for: {shorten(bare) or 'nothing'}"
        ) from None


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object that says a thing twice says nothing. Halves of surrogate pairs can't be stored."""
    found = {key: _whole(value) for key, value in pairs}
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _whole(value: Any) -> Any:
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer of the judge: a reply, or why there is none."""

    reply: Reply | None
    problem: str = ""


def judgement(heard: Sequence[Heard], *, pass_at: int) -> Judgement:
    """All answers of one judge about one output as its score; those that failed are left out.

    Pass or fail by majority, a tie fails, and the value is the share that says pass. One to five by the mean,
    the value being (mean - 1) / 4. With no usable answer it is an error of the judge, never a zero.
    """
    replies = [one.reply for one in heard if one.reply is not None]
    problems = [one.problem for one in heard if one.reply is None]
    if not replies:
        return failed(problems[0] if problems else "was not asked")
    lost = f" ({len(problems)} of {len(heard)} answers unusable)" if problems else ""
    rulings = [one for one in replies if isinstance(one, Ruling)]
    if rulings:
        return _majority(rulings, lost)
    return _mean([one for one in replies if isinstance(one, Grade)], pass_at, lost)


def failed(problem: str) -> Judgement:
    """An error of the judge: counted as missing, and told from "nothing to judge by" by how it begins."""
    return not_judged(f"{FAILED} {problem}")


def _majority(rulings: Sequence[Ruling], lost: str) -> Judgement:
    passes = sum(one.verdict == "pass" for one in rulings)
    passed = 2 * passes > len(rulings)
    spoken = next(one for one in rulings if (one.verdict == "pass") is passed)
    split = "" if passes in (0, len(rulings)) else f"{passes} of {len(rulings)} say pass. "
    return Judgement(passes / len(rulings), passed, f"{split}{spoken.reason}{lost}")


def _mean(grades: Sequence[Grade], pass_at: int, lost: str) -> Judgement:
    mean = sum(one.score for one in grades) / len(grades)
    spoken = min(grades, key=lambda one: abs(one.score - mean))
    given = ", ".join(str(one.score) for one in grades)
    split = f"{given} of 5" if len(grades) == 1 else f"{given} of 5, mean {mean:.1f}"
    return Judgement((mean - 1) / 4, mean >= pass_at, f"{split}. {spoken.reason}{lost}")
