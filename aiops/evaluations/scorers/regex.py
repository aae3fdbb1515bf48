"""A pattern that the output must match."""

from typing import Any, ClassVar, Literal

import regex
from pydantic import Field, field_validator

from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, shorten, verdict

PATIENCE = 0.25  # seconds: a pattern may backtrack for ever on a text that a model wrote


class Regex(Scorer):
    """The pattern is found in the output (or matches all of it), or must not be found."""

    type: ClassVar[str] = "regex"
    title: ClassVar[str] = "Regular expression"
    example: ClassVar[dict[str, Any]] = {"pattern": r"[A-Z]{2}-\d+", "match": "search"}

    pattern: str = Field(min_length=1, max_length=2000)
    match: Literal["search", "full"] = "search"
    ignore_case: bool = False
    must_not: bool = False

    @field_validator("pattern")
    @classmethod
    def compiles(cls, given: str) -> str:
        try:
            regex.compile(given)
        except regex.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return given

    def score(self, output: str, golden: Golden) -> Judgement:  # noqa: ARG002 - the case plays no part
        flags = regex.IGNORECASE if self.ignore_case else 0
        compiled = regex.compile(self.pattern, flags)  # the library keeps compiled patterns
        look = compiled.fullmatch if self.match == "full" else compiled.search
        found = look(output, timeout=PATIENCE)
        if self.must_not:
            return verdict(found is None, f"Found {shorten(found.group(), 60)}." if found else "")
        return verdict(found is not None, f"The pattern {shorten(self.pattern, 60)} does not match.")
