"""A number within a tolerance of the expected one."""

import unicodedata
from typing import Any, ClassVar, Literal

import regex
from pydantic import Field

from aiops.evaluations.scorers.base import (
    Golden,
    Judgement,
    Scorer,
    accepted_answers,
    not_judged,
    shorten,
    verdict,
)

# Digits in groups with any of the separators in use; spaces and apostrophes group only before three digits.
_NUMBER = regex.compile(
    r"(?<![\w.,])[-+]?(?:\d+(?:[.,]\d+)*(?:[ '’]\d{3}(?!\d))*(?:[.,]\d+)*|[.,]\d+)(?:[eE][-+]?\d+)?",
    regex.VERSION1,
)
_DECIMAL_COMMA = frozenset(
    [
        "cs",
        "da",
        "de",
        "el",
        "es",
        "fi",
        "fr",
        "hr",
        "hu",
        "id",
        "it",
        "nb",
        "nl",
        "no",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sv",
        "tr",
        "uk",
        "vi",
    ]
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


def numbers_in(text: str, locale: str = "") -> list[float]:
    """All numbers in `text`, in order, read by the habits of `locale` ("de-CH" and "de" alike)."""
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace("\u202f", " ")
    comma = locale.replace("_", "-").split("-")[0].lower() in _DECIMAL_COMMA
    return [_parse(match.group(), comma=comma) for match in _NUMBER.finditer(plain)]


def _parse(digits: str, *, comma: bool) -> float:
    """A matched number as float; `comma`: a lone comma is a decimal one."""
    bare = regex.sub(r"[ '’]", "", digits)
    decimal = _decimal_separator(bare, comma=comma)
    for separator in ",.":
        if separator != decimal:
            bare = bare.replace(separator, "")
    return float(bare.replace(",", ".")) if decimal == "," else float(bare)


def _decimal_separator(bare: str, *, comma: bool) -> str:
    last = max(bare, key=lambda char: bare.rfind(char) if char in ",." else -1)
    if last not in ",.":
        return ""
    other = "," if last == "." else "."
    if bare.count(last) > 1:
        return ""
    if other in bare:
        return last
    whole, rest = regex.split(r"[.,]", bare, maxsplit=1)
    groups = len(rest) == 3 and 1 <= len(whole.lstrip("+-")) <= 3 and whole.lstrip("+-") != "0"
    usual = "," if comma else "."
    return last if not groups or last == usual else ""
