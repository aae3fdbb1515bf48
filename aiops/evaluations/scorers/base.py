"""What a scorer is: parameters that were checked, and a pure judgement of one output against one case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from aiops.core.texts.answers import shorten

__all__ = ["Golden", "Judgement", "Scorer", "accepted_answers", "not_judged", "shorten", "verdict"]


@dataclass(frozen=True, slots=True)
class Golden:
    """What a scorer may know of a case. `expected` is null, a text, an object, or a list of accepted
    answers.
    """

    key: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    expected: Any = None
    category: str = ""
    locale: str = ""
    output_schema: Mapping[str, Any] | None = None  # of the prompt version
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """`value` in 0..1 and `passed`; both None where the scorer has nothing to judge by, which is never a
    zero.
    """

    value: float | None
    passed: bool | None
    reason: str = ""


def verdict(passed: bool, reason: str = "") -> Judgement:  # noqa: FBT001 - reads as a sentence
    """A judgement of yes or no; the reason matters where it is no."""
    return Judgement(value=float(passed), passed=passed, reason="" if passed else reason)


def not_judged(reason: str) -> Judgement:
    """Nothing to judge by: left out of the totals, and counted as missing."""
    return Judgement(value=None, passed=None, reason=reason)


class Scorer(BaseModel):
    """Base of all scorers: a subclass's fields are its parameters, `type` is its name in files and forms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ClassVar[str]
    title: ClassVar[str]
    example: ClassVar[Mapping[str, Any]] = {}  # parameters to start from, on the form

    def score(self, output: str, golden: Golden) -> Judgement:
        """Judge `output`. May raise: an error of the scorer is recorded as its own, and never as a zero."""
        raise NotImplementedError


def accepted_answers(golden: Golden) -> list[Any]:
    """The answers of which any is right: those of a list, or the one; empty where the case states none."""
    if golden.expected is None:
        return []
    return list(golden.expected) if isinstance(golden.expected, list) else [golden.expected]
