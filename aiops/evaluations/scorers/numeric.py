"""A number within a tolerance of the expected one."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from aiops.core.texts.numbers import numbers_in
from aiops.evaluations.scorers.base import (
    Golden,
    Judgement,
    Scorer,
    accepted_answers,
    not_judged,
    shorten,
    verdict,
)


class Numeric(Scorer):
    """The number in the output differs from the expected one by no more than a tolerance.

    Understands 1,234.5 and 1.234,5 and 1 234,5; where one separator could be either, the case's locale
    decides.
    """

    type: ClassVar[str] = "numeric"
    title: ClassVar[str] = "Number within a tolerance"
    example: ClassVar[dict[str, Any]] = {"relative": 0.01}

    absolute: float = Field(default=0.0, ge=0)
    relative: float = Field(default=0.0, ge=0)
    pick: Literal["first", "last", "any"] = "last"

    def score(self, output: str, golden: Golden) -> Judgement:
        wanted = [
            number for answer in accepted_answers(golden) for number in self._wanted(answer, golden.locale)
        ]
        if not wanted:
            return not_judged("The case has no expected number.")
        found = numbers_in(output, golden.locale)
        if not found:
            return verdict(False, f"There is no number in the output; expected {wanted[0]:g}.")
        chosen = {"first": found[:1], "last": found[-1:], "any": found}[self.pick]
        hit = any(self._near(number, target) for number in chosen for target in wanted)
        shown = ", ".join(f"{number:.15g}" for number in chosen[:5])
        return verdict(hit, f"Expected {wanted[0]:.15g}, got {shorten(shown)}.")

    def _near(self, number: float, target: float) -> bool:
        # A hair more than asked, so that 0.1 + 0.2 is within 0 of 0.3.
        return abs(number - target) <= max(self.absolute, self.relative * abs(target)) + 1e-12 * abs(target)

    def _wanted(self, answer: Any, locale: str) -> list[float]:
        if isinstance(answer, bool):
            return []
        if isinstance(answer, (int, float)):
            return [float(answer)]
        return numbers_in(answer, locale)[-1:] if isinstance(answer, str) else []
